from django.apps import AppConfig
from django.core import checks


class WeirConfig(AppConfig):
    name = "weir.django"
    label = "weir"
    verbose_name = "Weir"

    def ready(self) -> None:
        from weir.django.checks import (
            check_configuration,
            check_neighbours,
            check_rules,
            check_store,
        )

        checks.register(check_configuration, checks.Tags.security)
        checks.register(check_rules, checks.Tags.security)
        checks.register(check_neighbours, checks.Tags.security)
        checks.register(check_store, checks.Tags.security, deploy=True)
