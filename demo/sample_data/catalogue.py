"""Catalogue of the sample company: units, categories and products for espresso bars."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from demo.sample_data.rows import ensure
from demo.sample_data.taxes import FOOD, SERVICE, STANDARD
from sales.models import (
    BundleItem,
    Product,
    ProductCategory,
    RelatedProduct,
    TaxCategory,
    Unit,
    UnitGroup,
)

PIECE = "pc"
KILO = "kg"
HOUR = "h"

UNITS = {
    "Pieces": {PIECE: "1", "box of 6": "6", "pallet of 48": "48"},
    "Weight": {KILO: "1", "bag of 250 g": "0.25", "sack of 30 kg": "30"},
    "Time": {HOUR: "1", "day": "8"},
}
GROUP_OF = {PIECE: "Pieces", KILO: "Weight", HOUR: "Time"}

CATEGORIES = {
    "machines": ("Espresso machines", STANDARD),
    "grinders": ("Grinders", STANDARD),
    "brewing": ("Brewing", STANDARD),
    "tools": ("Bar tools", STANDARD),
    "cups": ("Cups and glass", STANDARD),
    "water": ("Water and hygiene", STANDARD),
    "coffee": ("Coffee", FOOD),
    "services": ("Services", SERVICE),
    "parts": ("Spare parts", STANDARD),
}
"""What products, and lines that are written in, belong to, and how it is taxed."""


@dataclass(frozen=True, slots=True)
class Item:
    """A product with its price and cost in euros."""

    sku: str
    name: str
    category: str
    price: str
    cost: str
    unit: str = PIECE
    tax: str = STANDARD
    kind: Product.Kind = Product.Kind.GOODS
    decimals: int = 0
    description: str = ""
    price_quantity: int = 1
    """How many units it is priced for on the lists; price and cost here are of one."""


SERVICES = Product.Kind.SERVICE

ITEMS = (
    Item("EM-201", "Marea two-group espresso machine", "machines", "6890", "4210"),
    Item("EM-301", "Marea three-group espresso machine", "machines", "8940", "5480"),
    Item("EM-110", "Solera one-group espresso machine", "machines", "3450", "2130"),
    Item("GR-75", "Corvo on-demand grinder, 75 mm burrs", "grinders", "1290", "742"),
    Item("GR-64", "Corvo on-demand grinder, 64 mm burrs", "grinders", "890", "515"),
    Item("GR-F1", "Alba filter and retail grinder", "grinders", "1640", "987"),
    Item("BR-12", "Tern batch brewer, 1.2 l", "brewing", "540", "318"),
    Item("BR-KT", "Gooseneck kettle with thermostat", "brewing", "129", "68.40"),
    Item("BR-SC", "Brewing scale with timer, 0.1 g", "brewing", "84.50", "41.20"),
    Item("TL-58", "Calibrated tamper, 58 mm", "tools", "69.90", "28.60"),
    Item("TL-PJ", "Milk pitcher, 600 ml", "tools", "24.90", "9.85"),
    Item("TL-KB", "Knock box, stainless", "tools", "59.00", "27.10"),
    Item("TL-MT", "Tamping mat, corner edge", "tools", "19.50", "6.90"),
    Item("CP-E6", "Espresso cup, 70 ml, stoneware", "cups", "5.40", "2.15"),
    Item("CP-C2", "Cappuccino cup, 180 ml, stoneware", "cups", "6.95", "2.80"),
    Item("CP-GL", "Cortado glass, 130 ml", "cups", "3.20", "1.05"),
    Item("CP-PW", "Paper cup with lid, 240 ml", "cups", "0.096", "0.041", price_quantity=100),
    Item("WT-10", "Water filter cartridge, 10 000 l", "water", "148", "79.30"),
    Item("WT-CL", "Group-head cleaning powder, 1 kg", "water", "18.40", "7.25"),
    Item("CF-HS", "House espresso, whole bean", "coffee", "18.90", "10.80", KILO, FOOD, decimals=3),
    Item("CF-DC", "Decaf, whole bean", "coffee", "21.50", "12.40", KILO, FOOD, decimals=3),
    Item("SV-IN", "Installation and first adjustment", "services", "95", "52", HOUR, SERVICE,
         SERVICES, 2),
    Item("SV-BT", "Barista training, up to six people", "services", "120", "60", HOUR, SERVICE,
         SERVICES, 2),
    Item("PT-GS", "Group gasket set", "parts", "12.80", "3.95"),
    Item("PT-BR", "Burr set, 75 mm", "parts", "164", "88"),
)  # fmt: skip

BUNDLE = Item(
    "BD-OPEN", "Opening set: everything beside the machine", "tools", "498", "231",
    kind=Product.Kind.BUNDLE,
    description="What a bar needs on its first morning; a kettle can be added.",
)  # fmt: skip
ALL_ITEMS = (*ITEMS, BUNDLE)
BUNDLE_PARTS = (("TL-58", 2, True), ("TL-PJ", 4, True), ("TL-KB", 1, True), ("TL-MT", 2, True),
                ("CP-E6", 24, True), ("BR-KT", 1, False))  # fmt: skip

RELATED = (
    ("EM-201", "GR-75", RelatedProduct.Kind.CROSS_SELL),
    ("EM-201", "WT-10", RelatedProduct.Kind.CROSS_SELL),
    ("EM-201", "EM-301", RelatedProduct.Kind.UP_SELL),
    ("GR-64", "GR-75", RelatedProduct.Kind.UP_SELL),
    ("CF-HS", "CF-DC", RelatedProduct.Kind.SUBSTITUTE),
)


def add_catalogue() -> None:
    """Add units, categories, products, the bundle and related products."""
    for name, units in UNITS.items():
        group = ensure(UnitGroup, name=name)
        for unit, factor in units.items():
            ensure(Unit, {"factor": Decimal(factor)}, group=group, name=unit)
    for code, (category, tax) in CATEGORIES.items():
        values = {"name": category, "tax_category": TaxCategory.objects.get(code=tax)}
        ensure(ProductCategory, values, code=code)
    for item in ALL_ITEMS:
        _add(item)
    _add_bundle_parts()
    for sku, other, kind in RELATED:
        ensure(RelatedProduct, product=product(sku), other=product(other), kind=kind)


def product(sku: str) -> Product:
    """Find a product."""
    return Product.objects.get(sku=sku)


def _add(item: Item) -> None:
    group = UnitGroup.objects.get(name=GROUP_OF[item.unit])
    values = {
        "name": item.name,
        "description": item.description,
        "kind": item.kind,
        "category": ProductCategory.objects.get(code=item.category),
        "unit_group": group,
        "default_unit": Unit.objects.get(group=group, name=item.unit),
        "decimals": item.decimals,
        "tax_category": TaxCategory.objects.get(code=item.tax),
        "list_price": Decimal(item.price),
        "standard_cost": Decimal(item.cost),
        "current_cost": Decimal(item.cost),
    }
    ensure(Product, values, sku=item.sku)


def _add_bundle_parts() -> None:
    bundle = product(BUNDLE.sku)
    for position, (sku, quantity, is_required) in enumerate(BUNDLE_PARTS, start=1):
        part = product(sku)
        values = {
            "unit": part.default_unit,
            "quantity": Decimal(quantity),
            "is_required": is_required,
            "position": position,
        }
        ensure(BundleItem, values, bundle=bundle, product=part)
