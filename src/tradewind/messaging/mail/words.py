"""The words of every mail, in every language."""

from __future__ import annotations

from typing import NamedTuple

from tradewind.kit.language import Language
from tradewind.platform.mail import MailTemplate
from tradewind.platform.spine import EventType

_EN, _RU = Language.EN, Language.RU


class Words(NamedTuple):
    """A mail: its subject, what stands before its button, the button, and what stands after.

    Attributes:
        page: where the button leads, below the installation's address; the token goes behind the #, which browsers do
            not send to servers.
    """

    subject: str
    before: tuple[str, ...]
    page: str | None = None
    button: str = ""
    after: tuple[str, ...] = ()


WORDS: dict[MailTemplate, dict[Language, Words]] = {
    MailTemplate.VERIFY_EMAIL: {
        _EN: Words(
            "Confirm your e-mail address",
            ("Welcome to Tradewind. Please confirm that this address is yours.",),
            "/verify-email",
            "Confirm address",
            ("The link is good for three days. If you did not register, ignore this mail.",),
        ),
        _RU: Words(
            "Подтвердите адрес почты",
            ("Добро пожаловать в Tradewind. Подтвердите, пожалуйста, что этот адрес ваш.",),
            "/verify-email",
            "Подтвердить адрес",
            ("Ссылка действует три дня. Если вы не регистрировались, ничего не делайте.",),
        ),
    },
    MailTemplate.ADDRESS_IN_USE: {
        _EN: Words(
            "You have a Tradewind account already",
            (
                "Somebody, perhaps you, wanted to use this address for a Tradewind account. It has one already, so "
                "nothing was changed.",
                "Log in as before. If you do not remember the password, set a new one:",
            ),
            "/forgot-password",
            "Set a new password",
            ("If it was not you, there is nothing to do.",),
        ),
        _RU: Words(
            "У вас уже есть аккаунт Tradewind",
            (
                "Кто-то, возможно вы, хотел использовать этот адрес для аккаунта Tradewind. Аккаунт с ним уже есть, "
                "ничего не изменилось.",
                "Войдите, как раньше. Если не помните пароль, задайте новый:",
            ),
            "/forgot-password",
            "Задать новый пароль",
            ("Если это были не вы, делать ничего не нужно.",),
        ),
    },
    MailTemplate.RESET_PASSWORD: {
        _EN: Words(
            "Set a new password",
            ("A new password was asked for, for your Tradewind account.",),
            "/reset-password",
            "Set a new password",
            (
                "The link is good for 30 minutes and works once. Setting a new password ends all sessions.",
                "If you did not ask for it, ignore this mail: your password stays as it is.",
            ),
        ),
        _RU: Words(
            "Новый пароль",
            ("Для вашего аккаунта Tradewind запросили новый пароль.",),
            "/reset-password",
            "Задать новый пароль",
            (
                "Ссылка действует 30 минут и срабатывает один раз. Новый пароль завершит все сеансы.",
                "Если вы этого не просили, ничего не делайте: пароль остаётся прежним.",
            ),
        ),
    },
    MailTemplate.CONFIRM_NEW_EMAIL: {
        _EN: Words(
            "Confirm your new e-mail address",
            ("This address shall become that of a Tradewind account. Please confirm that it is yours.",),
            "/confirm-email",
            "Use this address",
            ("The link is good for one hour. If you do not know of it, ignore this mail.",),
        ),
        _RU: Words(
            "Подтвердите новый адрес почты",
            ("Этот адрес указали для аккаунта Tradewind. Подтвердите, пожалуйста, что он ваш.",),
            "/confirm-email",
            "Использовать этот адрес",
            ("Ссылка действует один час. Если вы об этом не знаете, ничего не делайте.",),
        ),
    },
    MailTemplate.EMAIL_CHANGE_ASKED: {
        _EN: Words(
            "Your e-mail address is about to change",
            (
                "Another address was asked for, for your Tradewind account. Once it is confirmed, log-ins and mails go "
                "there.",
                "If this was not you, somebody knows your password. Stop it here:",
            ),
            "/undo-email",
            "This was not me",
            ("This ends all sessions, and you get a link to set a new password.",),
        ),
        _RU: Words(
            "Адрес почты скоро изменится",
            (
                "Для вашего аккаунта Tradewind указали другой адрес. После подтверждения вход и письма будут с ним.",
                "Если это были не вы, кто-то знает ваш пароль. Остановите это здесь:",
            ),
            "/undo-email",
            "Это был не я",
            ("Все сеансы завершатся, и вы получите ссылку для нового пароля.",),
        ),
    },
    MailTemplate.EMAIL_CHANGED: {
        _EN: Words(
            "Your e-mail address was changed",
            (
                "Your Tradewind account has another address now; this one is no longer used.",
                "If this was not you, take your account back here within two weeks:",
            ),
            "/undo-email",
            "This was not me",
            ("This brings the old address back, ends all sessions, and you get a link to set a new password.",),
        ),
        _RU: Words(
            "Адрес почты изменён",
            (
                "У вашего аккаунта Tradewind теперь другой адрес; этот больше не используется.",
                "Если это были не вы, верните аккаунт здесь в течение двух недель:",
            ),
            "/undo-email",
            "Это был не я",
            ("Старый адрес вернётся, все сеансы завершатся, и вы получите ссылку для нового пароля.",),
        ),
    },
}


class Notice(NamedTuple):
    """What happened to an account: as a subject, and as a sentence."""

    subject: str
    sentence: str


#: Of every event that goes to `Destination.MAIL`.
NOTICES: dict[EventType, dict[Language, Notice]] = {
    EventType.SECURITY_NEW_DEVICE: {
        _EN: Notice("New log-in to your account", "Somebody logged in to your account from a new device or network."),
        _RU: Notice("Новый вход в аккаунт", "В ваш аккаунт вошли с нового устройства или из новой сети."),
    },
    EventType.SECURITY_TOKEN_REUSED: {
        _EN: Notice(
            "A session was ended for safety",
            "A session token of yours was used twice, which happens when it was stolen. The session has ended.",
        ),
        _RU: Notice(
            "Сеанс завершён ради безопасности",
            "Токен вашего сеанса использовали дважды: так бывает, если его украли. Сеанс завершён.",
        ),
    },
    EventType.SECURITY_PASSWORD_CHANGED: {
        _EN: Notice("Your password was changed", "Your password was changed, and all other sessions have ended."),
        _RU: Notice("Пароль изменён", "Ваш пароль изменён, все остальные сеансы завершены."),
    },
    EventType.SECURITY_PASSWORD_RESET: {
        _EN: Notice("A new password was set", "A new password was set by a mailed link, and all sessions have ended."),
        _RU: Notice("Задан новый пароль", "По ссылке из письма задан новый пароль, все сеансы завершены."),
    },
    EventType.SECURITY_TOTP_ENABLED: {
        _EN: Notice("An authenticator app was set up", "Log-ins to your account now ask for a code from an app."),
        _RU: Notice("Подключено приложение с кодами", "Теперь при входе в аккаунт спрашивают код из приложения."),
    },
    EventType.SECURITY_TOTP_DISABLED: {
        _EN: Notice("The authenticator app was removed", "Codes from an app are not asked for any more at log-in."),
        _RU: Notice("Приложение с кодами отключено", "При входе больше не спрашивают код из приложения."),
    },
    EventType.SECURITY_PASSKEY_ADDED: {
        _EN: Notice("A passkey was added", "A new passkey opens your account from now on."),
        _RU: Notice("Добавлен ключ доступа", "Теперь ваш аккаунт открывает новый ключ доступа."),
    },
    EventType.SECURITY_PASSKEY_REMOVED: {
        _EN: Notice("A passkey was removed", "One of your passkeys does not open your account any more."),
        _RU: Notice("Ключ доступа удалён", "Один из ваших ключей доступа больше не открывает аккаунт."),
    },
    EventType.SECURITY_PASSKEY_REGRESSED: {
        _EN: Notice(
            "A passkey was refused",
            "One of your passkeys counted backwards, which happens when somebody copied it. It was refused; remove it.",
        ),
        _RU: Notice(
            "Ключ доступа отклонён",
            "Счётчик одного из ваших ключей доступа пошёл назад: так бывает с копией ключа. Он отклонён; удалите его.",
        ),
    },
    EventType.SECURITY_RECOVERY_CODES_MADE: {
        _EN: Notice("New recovery codes were made", "Ten new recovery codes open your account; older ones do not."),
        _RU: Notice("Созданы новые резервные коды", "Аккаунт открывают десять новых кодов; прежние — больше нет."),
    },
    EventType.SECURITY_RECOVERY_CODE_USED: {
        _EN: Notice("A recovery code was used", "Somebody logged in or confirmed an action with a recovery code."),
        _RU: Notice("Использован резервный код", "Кто-то вошёл или подтвердил действие резервным кодом."),
    },
}

#: Around what happened: the moment, the address and the program it came from, and what to do.
AT = {_EN: "When: {at} UTC", _RU: "Когда: {at} UTC"}
FROM_ADDRESS = {_EN: "From: {ip_address}", _RU: "Откуда: {ip_address}"}
WITH_PROGRAM = {_EN: "With: {user_agent}", _RU: "Программа: {user_agent}"}
NOTICE_BUTTON = {_EN: "Set a new password", _RU: "Задать новый пароль"}
NOTICE_AFTER = {
    _EN: "If it was you, there is nothing to do. If not, set a new password at once; this ends all sessions.",
    _RU: "Если это были вы, делать ничего не нужно. Если нет, сразу задайте новый пароль: все сеансы завершатся.",
}
OR_COPY = {_EN: "Or copy this address into your browser:", _RU: "Или скопируйте этот адрес в браузер:"}
FOOTER = {
    _EN: "You get this mail because it concerns the security of your account at {host}.",
    _RU: "Вы получили это письмо, потому что оно касается безопасности вашего аккаунта на {host}.",
}
