"""A real WordPress on loopback (nginx, php-fpm, MariaDB) that a test starts and changes as an editor would."""

from tests.wordpress.instance import HarnessError, Template, WordPress

__all__ = ["HarnessError", "Template", "WordPress"]
