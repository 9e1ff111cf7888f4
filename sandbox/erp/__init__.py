"""The ERP: receives invoices, assigns official numbers, reports postings and payments."""
