from crm.forms.accounts import AccountForm, ContactForm
from crm.forms.activities import ActivityForm
from crm.forms.leads import DisqualifyForm, LeadForm, QualifyForm
from crm.forms.opportunities import LoseForm, OpportunityForm, WinForm

__all__ = [
    "AccountForm",
    "ActivityForm",
    "ContactForm",
    "DisqualifyForm",
    "LeadForm",
    "LoseForm",
    "OpportunityForm",
    "QualifyForm",
    "WinForm",
]
