"""The example registry's words and its agreed conditions, as the tests of this folder know them."""

from datetime import date

from registry.conditions import Agreed, Moments, Vocabulary
from tests.conditions.generate import FIXTURES

EXAMPLE = Vocabulary.from_yaml((FIXTURES / "example" / "vocabulary.yaml").read_text(encoding="utf-8"))
AS_OF = Moments(as_of=date(2026, 5, 31))
TARGET = (
    "company.industry IN ('manufacturing', 'it', 'finance', 'retail', 'logistics', 'healthcare') "
    "AND company.employees >= 100 AND job_level IN ('executive', 'director', 'manager') "
    "AND email_valid = TRUE AND consent = TRUE AND unsubscribed_on IS NULL AND relation = 'prospect'"
)
FOLLOW = (
    "is_target_lead AND EXISTS (SELECT 1 FROM lead.contacts c WHERE c.made_by = 'inside_sales' "
    "AND c.channel IN ('call', 'message', 'visit') AND c.made_on >= lead.created_on "
    "AND c.made_on <= lead.created_on + INTERVAL 14 DAY)"
)
MEETING = (
    "is_follow_lead AND status = 'held' AND minutes >= 20 AND booked_on < held_on "
    "AND (days_since_previous IS NULL OR days_since_previous > 90)"
)
QUALIFIED = (
    "is_meeting AND verdict = 'qualified' AND need = 'confirmed' AND authority IN ('decides', 'recommends') "
    "AND purchase_within_months <= 12"
)
METRICS = {
    "target_lead": Agreed("lead", TARGET),
    "follow_lead": Agreed("lead", FOLLOW),
    "meeting": Agreed("meeting", MEETING),
    "qualified_meeting": Agreed("meeting", QUALIFIED),
    "won_deal": Agreed("deal", "is_qualified_meeting AND won_on IS NOT NULL"),
}
