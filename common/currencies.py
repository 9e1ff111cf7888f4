"""Currencies that documents can be in, and their digits after the point.

The digits of each currency are those of ISO 4217, list one. Babel's differ (it gives, among others,
IQD and UZS none, after CLDR's habits of use), so neither it nor a library that follows it decides.
"""

from __future__ import annotations

_CODES_BY_MINOR_UNITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD "
        "CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
        "GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK "
        "LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO "
        "NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS "
        "SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST "
        "XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_WITHDRAWN_CODES = "ANG BGN CUC HRK SLL ZWL"
"""Withdrawn since 2022, two digits each: their documents are still read, credited and paid."""

MINOR_UNITS: dict[str, int] = {
    code: digits for digits, codes in _CODES_BY_MINOR_UNITS.items() for code in codes.split()
} | dict.fromkeys(_WITHDRAWN_CODES.split(), 2)
