"""The matching engine: arrays in, ranked pairs with reasons out. Plain Python with NumPy and SciPy, never Django."""
