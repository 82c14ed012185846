"""How often somebody may guess: shared by pages and API, so that neither is a way around the other."""

from flask import Response

from app.web.limits import account, limiter


def _failed(response: Response) -> bool:
    """Only tries that did not get in count against an account."""
    return response.status_code not in {201, 303}


# Many people share one address behind a mobile network's gateway, so the address alone gets a wide limit.
guesses_per_account = limiter.shared_limit(
    "10 per 15 minutes", scope="guesses", key_func=account, methods=["POST"], deduct_when=_failed
)
guesses_per_address = limiter.shared_limit(
    "60 per 15 minutes", scope="doors", methods=["POST"], deduct_when=_failed
)
accounts_and_codes_per_address = limiter.shared_limit("60 per 15 minutes", scope="asks", methods=["POST"])
codes_per_account = limiter.limit("6 per hour", key_func=account, methods=["POST"])
