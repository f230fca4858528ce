"""The customers of the quote service and the API keys that were issued to them."""

CUSTOMERS = {
    "demo-key-1": "Ada Trading",
    "demo-key-2": "Babbage Capital",
    "demo-key-3": "Curie Research",
    "demo-key-4": "Darwin Holdings",
}


def is_known(api_key: str) -> bool:
    return api_key in CUSTOMERS
