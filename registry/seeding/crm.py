"""The example company's CRM export: 24 months of leads and what became of them, with the dirt exports have.

Plain Python from a fixed seed: the same bytes on every machine. Only `Random.random` is used, whose sequence
Python promises to keep. Dirt: missing and badly written employee counts, one value spelled several ways,
the same person twice, unknown posts, verdicts that come late or never, links to companies that are gone.
"""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

SEED = 20241001
FIRST, LAST = date(2024, 10, 1), date(2026, 9, 30)
COMPANIES, LEADS, TWICE = 1_600, 6_000, 180
SMALL = 100

INDUSTRIES = {
    "manufacturing": (26, ("製造", "製造業", "Manufacturing", "メーカー")),
    "it": (22, ("IT", "ＩＴ", "IT・情報通信", "情報通信")),
    "finance": (10, ("金融", "金融・保険", "Finance")),
    "retail": (12, ("小売", "小売業", "Retail")),
    "logistics": (9, ("物流", "運輸・物流", "Logistics")),
    "healthcare": (8, ("医療", "医療・福祉")),
    "public": (6, ("公共", "官公庁")),
    "other": (7, ("その他", "Other")),
}
REGIONS = ("東京", "東京都", "大阪", "大阪府", "名古屋", "福岡", "札幌", "仙台", "Tokyo", "")
SOURCES = {"web_form": 34, "seminar": 20, "exhibition": 17, "advertisement": 15, "outbound": 8, "referral": 6}
LEVELS = {"staff": 34, "manager": 27, "director": 14, "executive": 8, "unknown": 17}
DEPARTMENTS = (
    "営業部",
    "情報システム部",
    "情シス",
    "購買部",
    "経営企画室",
    "経営企画",
    "マーケティング部",
    "総務部",
    "",
)
RELATIONS = {"prospect": 86, "customer": 6, "partner": 3, "student": 2, "competitor": 2, "internal": 1}
CHANNELS = {"call": 40, "message": 27, "visit": 5, "bulk_mail": 28}

type Row = dict[str, Any]


def write(folder: Path) -> dict[str, int]:
    """One CSV per entity into `folder`, UTF-8 with a byte order mark as spreadsheets write it; rows by file."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = Crm(Random(SEED)).tables()
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(rows)
    return {name: len(rows) for name, rows in tables.items()}


class Crm:
    """Lives the company's 24 months, lead by lead."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.sizes: dict[str, int] = {}
        self.companies: list[Row] = []
        self.leads: list[Row] = []
        self.contacts: list[Row] = []
        self.meetings: list[Row] = []
        self.deals: list[Row] = []

    def tables(self) -> dict[str, list[Row]]:
        self.companies = [self._company(number) for number in range(1, COMPANIES + 1)]
        for created in sorted(self._days()):
            self._follow(self._lead(created))
        self._enter_twice()
        return {
            "company": self.companies,
            "lead": self.leads,
            "contact": self.contacts,
            "meeting": self.meetings,
            "deal": self.deals,
        }

    # --- chance ---

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def upto(self, most: int) -> int:
        """A whole number from 0 to `most`, `most` left out."""
        return int(self.random.random() * most)

    def one(self, of: Sequence[Any]) -> Any:
        return of[self.upto(len(of))]

    def weighted(self, weights: Mapping[str, int]) -> str:
        left = self.random.random() * sum(weights.values())
        for name, weight in weights.items():
            left -= weight
            if left < 0:
                return name
        return next(reversed(list(weights)))

    # --- companies and leads ---

    def _company(self, number: int) -> Row:
        industry = self.weighted({name: weight for name, (weight, _) in INDUSTRIES.items()})
        spellings = (industry, industry, industry, *INDUSTRIES[industry][1])
        return {
            "company_id": f"C-{number:04}",
            "industry": self.one(spellings) if self.chance(0.97) else self.one(("", "建設", "不動産")),
            "employees": self._employees(number),
            "region": self.one(REGIONS),
        }

    def _employees(self, company: int) -> str:
        number = max(1, round(math.exp(2.7 + 2.9 * self.random.random() + 2.7 * self.random.random())))
        self.sizes[f"C-{company:04}"] = number
        if self.chance(0.09):
            return ""
        if number >= 1_000 and self.chance(0.4):
            return f"{number:,}"
        if self.chance(0.03):
            return f"{number}名"
        if self.chance(0.006):
            return self.one(("約100", "50～99", "不明"))
        return str(number)

    def _days(self) -> Iterator[date]:
        """Days of creation: growing slowly, fewer in August and December, hardly any at weekends."""
        span, made = (LAST - FIRST).days + 1, 0
        while made < LEADS:
            day = FIRST + timedelta(days=self.upto(span))
            share = 0.6 + 0.4 * (day - FIRST).days / span
            share *= {8: 0.7, 12: 0.75, 3: 1.0}.get(day.month, 0.9)
            if self.chance(share * (0.12 if day.weekday() >= 5 else 1)):
                made += 1
                yield day

    def _lead(self, created: date) -> Row:
        lead = {
            "lead_id": f"L-{len(self.leads) + 1:05}",
            "company_id": self._company_of_a_lead(),
            "created_on": created.isoformat(),
            "source": self.weighted(SOURCES) if self.chance(0.97) else "",
            "job_level": self.weighted(LEVELS),
            "department": self.one(DEPARTMENTS),
            "email_valid": "true" if self.chance(0.94) else "false",
            "consent": "true" if self.chance(0.88) else "false",
            "unsubscribed_on": self._later(created, 400) if self.chance(0.07) else "",
            "relation": self.weighted(RELATIONS),
        }
        self.leads.append(lead)
        return lead

    def _company_of_a_lead(self) -> str:
        if self.chance(0.02):
            return ""
        if self.chance(0.002):
            return f"C-{9000 + self.upto(50):04}"
        return self.companies[self.upto(COMPANIES)]["company_id"]

    def _later(self, day: date, within: int) -> str:
        return min(day + timedelta(days=1 + self.upto(within)), LAST).isoformat()

    def _enter_twice(self) -> None:
        """The same person again under another id, as when somebody fills in two forms."""
        for _ in range(TWICE):
            first = self.leads[self.upto(LEADS)]
            created = self._later(date.fromisoformat(first["created_on"]), 30)
            self.leads.append({**first, "lead_id": f"L-{len(self.leads) + 1:05}", "created_on": created})

    # --- what became of a lead ---

    def _follow(self, lead: Row) -> None:
        created = date.fromisoformat(lead["created_on"])
        promising = lead["job_level"] in ("manager", "director", "executive") and lead["relation"] == "prospect"
        reached, day = False, created
        for _ in range(1 + self.upto(6 if promising else 2)):
            day += timedelta(days=self.upto(9))
            if day > LAST:
                break
            reached = self._contact(lead, day) or reached
        if reached and self.chance(self._interest(lead, promising)):
            self._meet(lead, day)

    def _interest(self, lead: Row, promising: bool) -> float:
        """Smaller companies are reached as easily and meet less often, which is what the example quarrel is about."""
        size = self.sizes.get(lead["company_id"], 0)
        return 0.14 if not promising else 0.5 if size >= SMALL else 0.28

    def _contact(self, lead: Row, day: date) -> bool:
        channel = self.weighted(CHANNELS)
        reached = channel != "bulk_mail" and self.chance(0.45)
        by = {"inside_sales": 70, "field_sales": 18, "marketing": 12}
        self.contacts.append(
            {
                "contact_id": f"K-{len(self.contacts) + 1:05}",
                "lead_id": lead["lead_id"],
                "made_on": day.isoformat(),
                "channel": channel,
                "made_by": "marketing" if channel == "bulk_mail" else self.weighted(by),
                "reached": "true" if reached else "false",
            }
        )
        return reached

    def _meet(self, lead: Row, day: date) -> None:
        """One meeting, or a few in a row; the days since the one before are those between held ones."""
        previous: date | None = None
        for _ in range(1 + self.upto(3)):
            booked, held = day + timedelta(days=self.upto(4)), day + timedelta(days=3 + self.upto(18))
            if booked > LAST:
                return
            meeting = self._meeting(lead, booked, held)
            if meeting["status"] == "held":
                meeting["days_since_previous"] = (held - previous).days if previous else ""
                previous = held
                self._deal(meeting, held)
            day = held + timedelta(days=10 + self.upto(120))

    def _meeting(self, lead: Row, booked: date, held: date) -> Row:
        status = self.weighted({"held": 80, "cancelled": 12, "no_show": 8}) if held <= LAST else "planned"
        took_place = status == "held"
        need = self.weighted({"confirmed": 58, "none": 22, "unknown": 20}) if took_place else "unknown"
        authority = {"decides": 28, "recommends": 38, "none": 20, "unknown": 14}
        meeting = {
            "meeting_id": f"M-{len(self.meetings) + 1:05}",
            "lead_id": lead["lead_id"],
            "booked_on": booked.isoformat(),
            "held_on": held.isoformat() if took_place else "",
            "status": status,
            "days_since_previous": "",
            "format": "online" if self.chance(0.68) else "onsite",
            "minutes": self.one((10, 15, 15, 20, 30, 30, 30, 45, 45, 60, 60, 90)) if took_place else "",
            "need": need,
            "authority": self.weighted(authority) if took_place else "unknown",
            "purchase_within_months": self.one((1, 3, 3, 6, 6, 9, 12, 12, 18, 24, "")) if took_place else "",
            "verdict": "pending",
            "verdict_on": "",
        }
        if took_place:
            self._judge(meeting, held)
        self.meetings.append(meeting)
        return meeting

    def _judge(self, meeting: Row, held: date) -> None:
        """Sales' verdict: mostly within a week, sometimes late, sometimes never."""
        if self.chance(0.07):
            return
        good = meeting["need"] == "confirmed" and meeting["authority"] in ("decides", "recommends")
        judged = held + timedelta(days=self.upto(7) if self.chance(0.85) else 8 + self.upto(25))
        if judged <= LAST:
            meeting["verdict"] = "qualified" if good and self.chance(0.92) else "not_qualified"
            meeting["verdict_on"] = judged.isoformat()

    def _deal(self, meeting: Row, held: date) -> None:
        if not self.chance(0.62 if meeting["verdict"] == "qualified" else 0.08):
            return
        opened = held + timedelta(days=self.upto(10))
        decided = opened + timedelta(days=14 + self.upto(120))
        amount = 100_000 * (3 + self.upto(60))
        won, known = self.chance(0.46), decided <= LAST
        self.deals.append(
            {
                "deal_id": f"D-{len(self.deals) + 1:04}",
                "meeting_id": meeting["meeting_id"],
                "opened_on": min(opened, LAST).isoformat(),
                "won_on": decided.isoformat() if won and known else "",
                "lost_on": decided.isoformat() if not won and known else "",
                "amount": amount if won else "",
                "gross_profit": amount * (25 + self.upto(40)) // 100 if won and known else "",
                "months_retained": min(1 + self.upto(36), (LAST - decided).days // 30) if won and known else "",
            }
        )


def translations() -> dict[str, str]:
    """The spellings of industries and what they mean; those of no declared industry stay as they are."""
    return {spelling: name for name, (_, spellings) in INDUSTRIES.items() for spelling in spellings}
