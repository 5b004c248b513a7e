"""What running on several machines costs, and what each job needs."""
