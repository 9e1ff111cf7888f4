from sales.forms.billing import CreditForm, InvoiceOrderForm
from sales.forms.deeds import AcceptForm, CancelForm, HoldForm, LoseQuoteForm, PaymentForm
from sales.forms.documents import (
    InvoiceHeadForm,
    NewInvoiceForm,
    NewOrderForm,
    NewQuoteForm,
    OrderHeadForm,
    QuoteHeadForm,
)
from sales.forms.lines import LineForm, WordsForm, WriteInForm

__all__ = [
    "AcceptForm",
    "CancelForm",
    "CreditForm",
    "HoldForm",
    "InvoiceHeadForm",
    "InvoiceOrderForm",
    "LineForm",
    "LoseQuoteForm",
    "NewInvoiceForm",
    "NewOrderForm",
    "NewQuoteForm",
    "OrderHeadForm",
    "PaymentForm",
    "QuoteHeadForm",
    "WordsForm",
    "WriteInForm",
]
