"""The core of the market: what the textbook version has too, with all other institutions switched off.

Clients, Bosses, Providers, persons, venues, inspections, patrols, reports and justice are left. A mechanism
is off where its chance, rate or capacity is zero; the core is the market of the first version to the bit.
"""

CORE = {
    "planning.co_boss_chance": 0.0,
    "control.taken_on_chance": 0.0,
    "control.intention_trust": 0.0,
    "control.intention_control": 0.0,
    "control.awareness_contact": 0.0,
    "entry.runaway_rate": 0.0,
    "entry.meeting_rate": 1e6,  # a Boss meets everybody who is near,
    "entry.recruit_chance": 0.34,  # and recruits less often
    "enforcement.online_share": 0.0,
    "enforcement.casework_share": 0.0,
    "enforcement.client_share": 0.0,
    "casework.evidence_report": 0.0,
    "casework.evidence_break_up": 0.0,
    "casework.evidence_testimony": 0.0,
    "outreach.street_hours": 0.0,
    "outreach.personal_hours": 0.0,
    "outreach.mass_hours": 0.0,
    "care.beds_near": 0.0,
    "care.beds_distant": 0.0,
    "careers.promotion_rate": 0.0,
    "learning.general_rate": 0.0,
    "careers.takeover_partner": 0.0,
    "careers.takeover_provider": 0.0,
    "careers.boss_leave_wealth": 0.0,
    "careers.boss_leave_idle": 0.0,
    "careers.leave_after_arrest": 0.0,
    "careers.boss_leave_rate": 0.0015,  # without promotion, entry and leaving that keep the number of Bosses
    "careers.boss_entry": 0.295,
}
"""Overrides by key."""
