"""What a call costs, by the prices that the genai-prices package holds. Nothing is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from simulator.models.base import Usage

__all__ = ["Price", "price_of"]


@dataclass(frozen=True)
class Price:
    """A provider's list price for a model."""

    model: str
    url: str | None  # where it is served, if that names the provider
    provider: str

    def of(self, usage: Usage) -> Decimal:
        """The price of one call, in US dollars."""
        import genai_prices  # noqa: PLC0415 (a quarter of a second)

        tokens = genai_prices.Usage(input_tokens=usage.prompt, cache_read_tokens=usage.cached, output_tokens=usage.completion)
        if self.url is None:
            return genai_prices.calc_price(tokens, self.model, provider_id=self.provider).total_price
        return genai_prices.calc_price(tokens, self.model, provider_api_url=self.url).total_price


def price_of(model: str, url: str | None) -> Price | None:
    """The list price of a model: the provider's whose address it is, else of the one whose model has that name.

    None where nobody lists it.
    """
    import genai_prices  # noqa: PLC0415

    nothing = genai_prices.Usage(input_tokens=0, output_tokens=0)
    if url is not None:
        try:
            return Price(model, url, genai_prices.calc_price(nothing, model, provider_api_url=url).provider.id)
        except LookupError:
            pass
    try:
        return Price(model, None, genai_prices.calc_price(nothing, model).provider.id)
    except LookupError:
        return None
