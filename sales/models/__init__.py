from sales.models.catalogue import (
    BundleItem,
    Product,
    ProductCategory,
    RelatedProduct,
    Unit,
    UnitGroup,
)
from sales.models.companies import Company, NumberSeries, PricingRules
from sales.models.document_kinds import (
    AnyDocument,
    AnyLine,
    DocumentKind,
    kind_by_url_word,
    kind_named,
    kind_of,
)
from sales.models.documents import Document, DocumentLine
from sales.models.events import SalesEvent
from sales.models.invoices import Invoice, InvoiceInstalment, InvoiceLine
from sales.models.opportunity_lines import OpportunityLine
from sales.models.orders import Order, OrderChange, OrderLine
from sales.models.payments import CreditBalance, CustomerCreditEntry, Payment
from sales.models.price_lists import (
    DiscountBand,
    DiscountList,
    PriceList,
    PriceListItem,
    PromotionCode,
)
from sales.models.promotions import PromotionUse
from sales.models.quotes import ApprovalRule, Quote, QuoteApproval, QuoteLine
from sales.models.taxes import ExchangeRate, TaxCategory, TaxRate, TaxZone
from sales.models.terms import AccountTerms, Instalment, PaymentTerms

__all__ = [
    "AccountTerms",
    "AnyDocument",
    "AnyLine",
    "ApprovalRule",
    "BundleItem",
    "Company",
    "CreditBalance",
    "CustomerCreditEntry",
    "DiscountBand",
    "DiscountList",
    "Document",
    "DocumentKind",
    "DocumentLine",
    "ExchangeRate",
    "Instalment",
    "Invoice",
    "InvoiceInstalment",
    "InvoiceLine",
    "NumberSeries",
    "OpportunityLine",
    "Order",
    "OrderChange",
    "OrderLine",
    "Payment",
    "PaymentTerms",
    "PriceList",
    "PriceListItem",
    "PricingRules",
    "Product",
    "ProductCategory",
    "PromotionCode",
    "PromotionUse",
    "Quote",
    "QuoteApproval",
    "QuoteLine",
    "RelatedProduct",
    "SalesEvent",
    "TaxCategory",
    "TaxRate",
    "TaxZone",
    "Unit",
    "UnitGroup",
    "kind_by_url_word",
    "kind_named",
    "kind_of",
]
