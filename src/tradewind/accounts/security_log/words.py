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
        (_T.SECURITY_TOTP_ENABLED, "An authenticator app was set up", "Подключено приложение с кодами"),
        (_T.SECURITY_TOTP_DISABLED, "The authenticator app was removed", "Приложение с кодами отключено"),
        (_T.SECURITY_PASSKEY_ADDED, "A passkey was added", "Добавлен ключ доступа"),
        (_T.SECURITY_PASSKEY_REMOVED, "A passkey was removed", "Ключ доступа удалён"),
        (
            _T.SECURITY_PASSKEY_REGRESSED,
            "A passkey that may have been copied was refused",
            "Отклонён ключ доступа: возможно, его скопировали",
        ),
        (_T.SECURITY_RECOVERY_CODES_MADE, "New recovery codes were made", "Созданы новые резервные коды"),
        (_T.SECURITY_RECOVERY_CODE_USED, "A recovery code was used", "Использован резервный код"),
        (_T.SECURITY_PROOF_FAILED, "A second factor was wrong", "Неверный второй фактор"),
        (_T.SECURITY_STEPPED_UP, "Somebody confirmed to be you", "Подтверждено, что это вы"),
        (_T.SECURITY_NEW_DEVICE, "Log-in from a new device or network", "Вход с нового устройства или из новой сети"),
        (
            _T.SECURITY_REGISTERED_AGAIN,
            "Somebody tried to register with your address",
            "Кто-то пытался зарегистрироваться с вашим адресом",
        ),
        (_T.SECURITY_EMAIL_VERIFIED, "The address was confirmed", "Адрес подтверждён"),
        (_T.SECURITY_EMAIL_CHANGE_ASKED, "Another address was asked for", "Запрошена смена адреса"),
        (_T.SECURITY_EMAIL_CHANGED, "The address was changed", "Адрес изменён"),
        (_T.SECURITY_EMAIL_CHANGE_UNDONE, "The change of address was taken back", "Смена адреса отменена"),
        (_T.SECURITY_RESET_ASKED, "A link for a new password was asked for", "Запрошена ссылка для нового пароля"),
        (
            _T.SECURITY_PASSWORD_RESET,
            "A new password was set by a mailed link",
            "По ссылке из письма задан новый пароль",
        ),
        (_T.SECURITY_PASSWORD_CHANGED, "The password was changed", "Пароль изменён"),
        (_T.SECURITY_SESSIONS_ENDED, "All other sessions were ended", "Все остальные сеансы завершены"),
    )
}
