"""The quotes of quotes/bypassable under Weir's limiter. One rule each, and no DynamoDB in sight."""
