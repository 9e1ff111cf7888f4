"""What two sides make of each other's words: pure Python, no database."""
