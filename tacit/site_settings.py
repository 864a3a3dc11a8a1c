"""What of a home's settings the pages and the API follow."""

from config.settings import Settings
from engine.domain.accounts import SessionLimits
from engine.domain.api_keys import KeyLimits
from web.site import ApiSettings, SiteSettings


def site_settings(settings: Settings, url: str) -> SiteSettings:
    """The site's settings; `url` is as people reach it from outside."""
    web, vendor = settings.web, settings.vendor
    return SiteSettings(
        vendor=vendor.name,
        time_zone=vendor.time_zone,
        language=vendor.language,
        url=url,
        sessions=SessionLimits(web.session_idle, web.session_longest),
        link_lasts=web.link_lasts,
        key_lasts=web.key_lasts,
        keys=KeyLimits(web.keys_at_once, web.key_longest),
        sign_in_attempts=web.sign_in_attempts,
        sign_in_window=web.sign_in_window,
        password_length=web.password_length,
        links_for=web.links_for,
        link_mails=web.link_mails,
        page_size=web.page_size,
        largest_request=web.largest_request_mb * 1_000_000,
        api=ApiSettings(
            largest_page=web.largest_page,
            largest_body=web.largest_body_kb * 1_000,
            longest_simulation=web.longest_simulation,
            answers_kept=web.answers_kept,
            answer_lease=web.answer_lease,
        ),
        calendar_ahead=web.calendar_ahead,
        deadline_soon=web.deadline_soon,
        unreachable_ahead=web.unreachable_ahead,
        metrics_from_loopback=web.metrics_from_loopback,
        silent_for=settings.clock.silent_for,
        private_webhooks=settings.webhooks.private_addresses,
        secret_overlap=settings.webhooks.secret_overlap,
        slack_link_lasts=settings.slack.link_lasts,
    )
