"""calls.py FILE: the requests of a deploy by API, as they were recorded, over one connection.

It knows every request beforehand, looks at no answer but for an error, decides nothing, and is no example to follow.
"""

import http.client
import json
import os
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    recorded = json.load(file)
name, value = recorded["credential"]
credential = {name: value.format(os.environ["GITOPS_TOKEN"])}
connection = http.client.HTTPConnection(recorded["host"])
for method, path, headers, body in recorded["calls"]:
    connection.request(method, path, body.encode(), headers | credential)
    answer = connection.getresponse()
    text = answer.read()
    document = json.loads(text) if text else {}
    if answer.status >= 300 or (isinstance(document, dict) and "errors" in document):
        sys.exit(f"{method} {path}: {answer.status} {document}")
