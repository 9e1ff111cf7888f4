from crm.models.accounts import Account, Contact, normalise_name
from crm.models.activities import Activity
from crm.models.custom_fields import CustomField
from crm.models.leads import Lead
from crm.models.opportunities import Opportunity, Stage
from crm.models.ownership import Owned, OwnedQuerySet, sees_all_records
from crm.models.partners import Partner
from crm.models.teams import Team
from crm.models.users import User

__all__ = [
    "Account",
    "Activity",
    "Contact",
    "CustomField",
    "Lead",
    "Opportunity",
    "Owned",
    "OwnedQuerySet",
    "Partner",
    "Stage",
    "Team",
    "User",
    "normalise_name",
    "sees_all_records",
]
