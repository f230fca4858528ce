"""A preview that fetches whatever URL it is given, with the caller's headers, and shows what came."""
import urllib3
from flask import Flask, request

app = Flask(__name__)
pool = urllib3.PoolManager(timeout=2)


@app.get("/preview")
def preview():
    passed_on = {name: value for name, value in request.headers.items() if name.lower() in {"x-api-key", "accept"}}
    try:
        return pool.request("GET", request.args["url"], headers=passed_on).data
    except urllib3.exceptions.HTTPError:
        return "no preview", 502
