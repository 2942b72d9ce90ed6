"""What pages call policies and structures; the texts are translated by the catalogues in `locale/`."""

from __future__ import annotations


def _(message: str) -> str:
    """Mark a text to be translated where it is shown."""
    return message


POLICIES = {  # label, and a sentence
    "none": (_("No policy"), _("Police, outreach and care as records have them.")),
    "venue_crackdown": (
        _("Crackdown on hotels"),
        _("Police visit the hotels of the largest place forty times as often as usual."),
    ),
    "providers_held": (
        _("Three in ten Providers held"),
        _("An experiment: three in ten Providers are held from the policy's first day on."),
    ),
    "bosses_held": (
        _("Three in ten Bosses held"),
        _("An experiment: three in ten Bosses are held from the policy's first day on."),
    ),
    "demand_mix": (
        _("Campaign, fines and courses for clients"),
        _("A lasting campaign, ten times the usual fines, and courses for fined clients."),
    ),
    "client_fines": (_("Fines for clients"), _("Twenty times the usual fines for clients are added.")),
    "outreach_online": (
        _("Outreach online"),
        _("Teams send five times as many messages, and can take up the answers."),
    ),
    "protection_mix": (
        _("Outreach, beds and training"),
        _("Personal messages that are answered in time, beds far away, and trained professionals."),
    ),
    "training": (
        _("Training of professionals"),
        _("Every second professional of schools, health, police and transport learns to recognise victims."),
    ),
}
STRUCTURES = {
    "default": (_("As sources have it"), _("The assumptions that sources and public records support best.")),
    "replacement": (_("Who is arrested is replaced"), _("New Bosses and Providers come where it pays.")),
    "visible_policing": (_("Bosses see the police"), _("Bosses notice visits and weigh what a break-up would cost them.")),
    "method_switch": (
        _("Street and web sites change places"),
        _("Clients change between street and web sites, and closed sites get successors."),
    ),
    "short_careers": (_("Short careers"), _("Many Bosses run a few Plans and leave; persons differ in how long they are held.")),
    "essential_roles": (
        _("No Plan without its logistics"),
        _("A housed Plan takes no more appointments than its tasks allow."),
    ),
    "ordered_placement": (
        _("Minors are placed by order"),
        _("A judge's order places minors; stays begin near by, where Bosses may find persons again."),
    ),
    "report_led_police": (_("Police go where reports are"), _("Police choose where to go by the reports they receive.")),
    "first_version": (_("Levels assumed before records"), _("Police, ages and outreach as assumed before they were fitted.")),
}


def shown(texts: dict[str, tuple[str, str]], name: str, meaning: str = "") -> dict[str, str]:
    """Name, label and meaning of a choice; one of a user's own has its name and what its file says."""
    label, sentence = texts.get(name, (name.replace("_", " "), meaning))
    return {"name": name, "label": label, "meaning": sentence}
