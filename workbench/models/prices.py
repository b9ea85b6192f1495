"""What a call costs, by the table that genai-prices ships; it is never fetched."""

from __future__ import annotations

from typing import Any


def cost_of(usage: Any, model: str | None, provider: str | None) -> float | None:
    """Give the US dollars of a call; None when the model or its price is not known.

    Args:
        usage: tokens, with the attributes that `genai_prices` reads.
        model: the model as the provider names it.
        provider: whose prices count; None: nobody's are known.
    """
    if model is None or provider is None:
        return None
    from genai_prices import calc_price

    try:
        return float(calc_price(usage, model, provider_id=provider).total_price)
    except LookupError:
        return None
