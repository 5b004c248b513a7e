# The demo in a container:
#
#     docker build --tag back-to-the-future .
#     docker run --name demo back-to-the-future
#     docker cp demo:/reproduction/results .
#
# Torch and packages are those that `make setup` pins. What .dockerignore names never enters the image.
FROM python:3.11-slim
RUN apt-get update && apt-get install --yes --no-install-recommends git make && rm -rf /var/lib/apt/lists/*
WORKDIR /reproduction

# Before the code, so that a change of code does not install everything again.
COPY Makefile requirements.txt ./
RUN make setup

COPY . .
# A copied requirements.txt may be newer than the packages made from it.
RUN touch .venv/.ready
ENV PATH=/reproduction/.venv/bin:$PATH
CMD ["make", "reproduce"]
