"""Conversations with each shipped driver: what must be sent and what is answered, over a real socket.

The answers are written by hand after the manuals that the driver files name; where a manual prints an example it is
used.
"""

TRANSCRIPTS = {
    # 34460-90901: READ? answers ±d.ddddddddE±dd, overload is ±9.9E+37
    ("keysight-34465a", "dc_voltage", "MY54500417"): {
        "settings": {"range": "1", "nplc": "100"},
        "talk": [
            ("*IDN?", "Keysight Technologies,34465A,MY54500417,A.02.14-02.40-02.14-00.49-03-01"),
            ("SYSTem:ERRor?", '-410,"Query INTERRUPTED"'),
            ("SYSTem:ERRor?", '+0,"No error"'),
            ('SENSe:FUNCtion "VOLT"', None),
            ("SENSe:VOLTage:DC:RANGe 1", None),
            ("SENSe:VOLT:NPLC 100", None),
            ("SENSe:VOLT:ZERO:AUTO 1", None),
            ("TRIGger:SOURce IMM", None),
            ("TRIGger:COUNt 1", None),
            ("SAMPle:COUNt 1", None),
            ("SYSTem:ERRor?", '+0,"No error"'),
            ("READ?", "+9.99876540E-01"),
            ("READ?", "-1.23000000E-04"),
            ("READ?", "+9.90000000E+37"),
        ],
        "expect": [("0.999876540", set()), ("-0.000123000000", set()), (None, {"overload"})],
    },
    # MT-SICS reference manual, S and SI: "S S     100.00 g", S I, S +, S -
    ("mettler-toledo-mt-sics", "mass", "0123456789"): {
        "talk": [
            ("I4", 'I4 A "0123456789"'),
            ("I2", 'I2 A "XSR2002S"'),
            ("SI", "S S     100.00 g"),
            ("SI", "S D      99.87 g"),
            ("SI", "S S      -0.01 g"),
            ("SI", "S I"),
            ("SI", "S +"),
            ("SI", "S -"),
        ],
        "expect": [
            ("100.00", set()),
            ("99.87", {"dynamic"}),
            ("-0.01", set()),
            (None, {"not_ready"}),
            (None, {"overload"}),
            (None, {"underload"}),
        ],
    },
    # 1502A/1504 user's guide, 7.3.1.1: "t: nnnn.nnn u"
    ("fluke-1502a", "temperature", "A1B203"): {
        "talk": [
            ("*IDN?", "HART,1502A,A1B203,1.02"),
            ("T", "t:   25.587 C"),
            ("T", "t:  -38.834 C"),
        ],
        "expect": [("25.587", set()), ("-38.834", set())],
    },
    ("yokogawa-wt310e", "active_power", "C2WG12345E"): {
        "talk": [
            ("*IDN?", "YOKOGAWA,WT310E,C2WG12345E,F1.04"),
            (":COMMunicate:HEADer OFF", None),
            (":NUMeric:FORMat ASCii", None),
            (":STATus:ERRor?", '0,"No error"'),
            (":NUMeric:NORMal:NUMber 1", None),
            (":NUMeric:NORMal:ITEM1 P,1", None),
            (":INPut:VOLTage:AUTO ON", None),
            (":INPut:CURRent:AUTO ON", None),
            (":STATus:ERRor?", '0,"No error"'),
            (":NUMeric:NORMal:VALue?", "9.05130E+00"),
            (":NUMeric:NORMal:VALue?", "NAN"),
            (":NUMeric:NORMal:VALue?", "INF"),
        ],
        "expect": [("9.05130", set()), (None, {"not_ready"}), (None, {"overload"})],
    },
    ("yokogawa-wt310e", "energy", "C2WG12345E"): {
        "settings": {"voltage_range": "150", "current_range": "20"},
        "start": True,
        "talk": [
            ("*IDN?", "YOKOGAWA,WT310E,C2WG12345E,F1.04"),
            (":COMMunicate:HEADer OFF", None),
            (":NUMeric:FORMat ASCii", None),
            (":STATus:ERRor?", '0,"No error"'),
            (":NUMeric:NORMal:NUMber 1", None),
            (":NUMeric:NORMal:ITEM1 WH,1", None),
            (":STATus:ERRor?", '0,"No error"'),
            (":INTEGrate:RESet", None),
            (":INPut:VOLTage:RANGe 150", None),
            (":INPut:CURRent:RANGe 20", None),
            (":INTEGrate:MODE NORMal", None),
            (":INTEGrate:TIMer 0,0,0", None),
            (":INTEGrate:STARt", None),
            (":STATus:ERRor?", '0,"No error"'),
            (":NUMeric:NORMal:VALue?", "0.41667E-03"),
        ],
        "expect": [("0.00041667", set())],
    },
    # PR-7xx user's manual, data code 1: status, unit code (3 = lumens), value, x, y
    ("photo-research-pr-7xx", "luminous_flux", "72140012"): {
        "talk": [
            ("D110", "00000,72140012"),
            ("D111", "00000,PR-788"),
            ("M1", "00000,0003,8.062e+02,0.3135,0.3237"),
        ],
        "expect": [("806.2", set())],
    },
}

# Answers that must never become a number: another unit, the answer to another question, half of one, words.
REFUSED = {
    ("keysight-34465a", "dc_voltage"): [
        "",
        "+",
        "1.0,2.0",
        "+1.0E",
        "Keysight Technologies,34465A,MY1,1",
        "1.0 V",
        "NAN",
    ],
    ("mettler-toledo-mt-sics", "mass"): ["ES", "S S 100.00 kg", "S S 100,00 g", "S S", 'I4 A "0123456789"', "100.00 g"],
    ("fluke-1502a", "temperature"): ["t:   77.000 F", "t:  108.310 O", "25.587", "t: 25.587 C 15:49:15", "?"],
    ("yokogawa-wt310e", "energy"): ["1.0E+00,2.0E+00", ":NUM:NORM:VAL 1.0E+00", "1.0", "ERROR"],
    ("photo-research-pr-7xx", "luminous_flux"): [
        "00000,0001,8.062e+02,0.3135,0.3237",  # lux
        "-1035,0003,8.062e+02,0.3135,0.3237",  # a status other than zero
        "00000,0003,8.062e+02",
    ],
}
