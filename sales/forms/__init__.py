from sales.forms.deeds import (
    AcceptForm,
    CancelForm,
    HoldForm,
    InvoiceOrderForm,
    LoseQuoteForm,
    PaymentForm,
)
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
