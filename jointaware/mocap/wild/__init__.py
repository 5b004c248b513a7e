"""Views for networks that lift any video: other bodies under made-up cameras, seen by a detector that errs.

`preprocess.wild` asks for them, in place of Human3.6M's cameras. A view depends only on the seed, the take and its
number, and every step is a function that takes a random generator.
"""
