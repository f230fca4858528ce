"""Creates the table of the bypassable views, if it is not there yet.

The table that Weir uses is made by `weir table create`.
"""

from typing import Any

import boto3
from django.core.management.base import BaseCommand

from quotes.tables import TABLE


class Command(BaseCommand):
    help = "Create the DynamoDB table of the example's own rate limits."

    def handle(self, *args: Any, **options: Any) -> None:
        client = boto3.client("dynamodb")
        try:
            client.create_table(
                TableName=TABLE,
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        except client.exceptions.ResourceInUseException:
            self.stdout.write(f"table {TABLE} exists")
            return
        client.get_waiter("table_exists").wait(TableName=TABLE)
        client.update_time_to_live(
            TableName=TABLE,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
        )
        self.stdout.write(f"table {TABLE} created")
