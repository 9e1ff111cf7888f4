"""Prices, discounts, taxes and the arithmetic of documents: pure Python, no Django, no database."""
