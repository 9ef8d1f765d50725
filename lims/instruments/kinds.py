"""Usual kinds of instruments and quantities, by the names that methods and drivers use; a register may have others."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a method asks for; suggested when an instrument is entered."""

    BALANCE = "balance"
    MULTIMETER = "multimeter"
    THERMOMETER = "thermometer"
    POWER_METER = "power meter"
    PHOTOMETER = "photometer"
    HYGROMETER = "hygrometer"
    BAROMETER = "barometer"
    CALIPER = "caliper"
    MICROMETER = "micrometer"
    DIAL_GAUGE = "dial gauge"
    PRESSURE_GAUGE = "pressure gauge"
    FLOW_METER = "flow meter"
    STOPWATCH = "stopwatch"
    TESTING_MACHINE = "testing machine"
    WEIGHT_SET = "weight set"
    OVEN = "oven"
    BATH = "bath"
    CALIBRATOR = "calibrator"
    LCR_METER = "LCR meter"
    PRESSURE_CONTROLLER = "pressure controller"
    TITRATOR = "titrator"
    FORCE_GAUGE = "force gauge"
    ENVIRONMENT_LOGGER = "environment logger"


class Quantity(StrEnum):
    """What is calibrated or read; suggested when a certificate is entered."""

    MASS = "mass"
    TEMPERATURE = "temperature"
    HUMIDITY = "humidity"
    RELATIVE_HUMIDITY = "relative_humidity"
    PRESSURE = "pressure"
    LENGTH = "length"
    FORCE = "force"
    TIME = "time"
    DC_VOLTAGE = "dc_voltage"
    VOLTAGE = "voltage"
    CURRENT = "current"
    RESISTANCE = "resistance"
    ACTIVE_POWER = "active_power"
    ENERGY = "energy"
    POWER_FACTOR = "power_factor"
    FREQUENCY = "frequency"
    LUMINOUS_FLUX = "luminous_flux"
    ILLUMINANCE = "illuminance"
    VOLUME = "volume"
    DC_CURRENT = "dc_current"
    CAPACITANCE = "capacitance"
    INDUCTANCE = "inductance"
