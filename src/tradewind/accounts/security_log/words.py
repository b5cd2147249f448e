"""What is said of each event of security."""

from __future__ import annotations

from collections.abc import Mapping

from tradewind.kit.language import Language
from tradewind.platform.spine import EventType

_T = EventType

#: Every event of security there is.
WORDS: Mapping[EventType, Mapping[Language, str]] = {
    kind: {Language.EN: english, Language.RU: russian}
    for kind, english, russian in (
        (_T.SECURITY_REGISTERED, "The account was made", "Учётная запись создана"),
        (_T.SECURITY_LOGGED_IN, "Somebody logged in with your password", "Вход с вашим паролем"),
        (_T.SECURITY_LOGIN_FAILED, "Somebody tried to log in and failed", "Неудачная попытка входа"),
        (_T.SECURITY_LOGGED_OUT, "A session was ended", "Сеанс завершён"),
        (
            _T.SECURITY_TOKEN_REUSED,
            "A refresh token was used twice, so its session was ended",
            "Токен обновления использован дважды, поэтому сеанс завершён",
        ),
    )
}
