"""Proposals of several municipalities, found and chosen together. Plain Python: no Django here."""
