"""The ERP: takes invoices, gives them their official numbers, reports what was posted and paid."""
