"""A collection as a Darwin Core Archive: what OBIS and GBIF read.

Source: Darwin Core text guide (TDWG), EML 2.2.0 in GBIF's profile 1.3, OBIS's extended
measurements.
"""
