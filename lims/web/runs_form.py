"""How a run is ordered on a page: settings that the driver of the instrument declares, and when it stands still."""

from __future__ import annotations

from flask import request

from lims.instruments.driver import Setting
from lims.instruments.driverfile import shipped
from lims.instruments.queries import InstrumentView
from lims.web.display import unit, word
from lims.web.lines_form import number_of, optional_number

N_ = str
NAMES = {
    "range": N_("Range"),
    "voltage_range": N_("Range of voltage"),
    "current_range": N_("Range of current"),
    "nplc": N_("Integration time in cycles of the mains"),
    "set_point": N_("Set point"),
    "frequency": N_("Frequency"),
    "level": N_("Level"),
    "averages": N_("Number averaged"),
    "channel": N_("Channel"),
    "input": N_("Input"),
}
"""What settings that drivers declare are called; another one stands as the driver names it."""
STABILITY = ("window", "slope", "sd", "dwell_s", "max_wait_s")


def settings_of(view: InstrumentView, quantity: str) -> tuple[Setting, ...]:
    """Return what can be set on an instrument for a quantity; nothing where no driver tells."""
    quantities = shipped(view.driver).quantities if view.driver else ()
    return next((one.settings for one in quantities if one.name == quantity), ())


def setting_field(view: InstrumentView, setting: Setting) -> str:
    """Return the name of the field of a setting: each instrument that may be chosen has its own."""
    return f"set.{view.id}.{setting.name}"


def setting_label(setting: Setting) -> str:
    """Return what a setting is called, with its unit."""
    name = word(NAMES.get(setting.name, setting.name))
    return f"{name} / {unit(setting.unit)}" if setting.unit not in {"", "1"} else name


def choices_of(setting: Setting) -> list[tuple[str, str]]:
    """Return the choices of a setting for a form."""
    return [(choice, choice) for choice in setting.choices]


def default_of(setting: Setting, method_range: str) -> str:
    """Return what is set where nothing is chosen: the method's range, else what the driver says."""
    wanted = method_range.removesuffix(setting.unit).strip() if setting.name == "range" else ""
    return wanted if wanted and setting.allows(wanted) else setting.default


def typed_settings() -> dict[str, str]:
    """Return what was chosen for the instrument that is read; what was left alone is left out."""
    prefix = f"set.{number_of('instrument')}."
    typed = {
        name.removeprefix(prefix): value.strip() for name, value in request.form.items() if name.startswith(prefix)
    }
    return {name: value for name, value in typed.items() if value}


def typed_stability() -> dict[str, float] | None:
    """Return when readings count as standing still, or None where nothing of it was typed."""
    typed = {key: optional_number(f"stability.{key}") for key in STABILITY}
    return {key: float(value) for key, value in typed.items() if value} or None
