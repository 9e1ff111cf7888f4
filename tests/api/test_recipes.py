"""The recipes of docs/partners.md: what verifies a signature in each language."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
import subprocess

import pytest
from standardwebhooks.webhooks import Webhook

from tests.api.webhook_receiver import CODE
from tests.fulfilment.conftest import SECRET_OUT

BODY = '{"type": "throughline.order.submitted", "name": "Café"}'
READ = {
    "python": "import json, sys; sent = json.load(sys.stdin)\n{code}\n"
    "body = base64.b64decode(sent['body'])\n"
    "print('true' if verify(sent['headers'], body, sent['secret']) else 'false')",
    "js": "{code}\nconst sent = JSON.parse(require('node:fs').readFileSync(0));\n"
    "console.log(verify(sent.headers, Buffer.from(sent.body, 'base64'), sent.secret));",
    "php": "{code}\n$sent = json_decode(file_get_contents('php://stdin'), true);\n"
    "$is = verify($sent['headers'], base64_decode($sent['body']), $sent['secret']);\n"
    "echo $is ? 'true' : 'false';",
}
RUN = {"python": ["python3", "-c"], "js": ["node", "-e"], "php": ["php", "-r"]}


def verify(language: str, body: str, age: int) -> str:
    """Let the recipe verify a body under the signature of BODY, made so many seconds ago."""
    program, option = RUN[language]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age)
    signature = Webhook(SECRET_OUT).sign("evt_1", moment, BODY)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": f"v1,b3RoZXI= {signature}",
    }
    encoded = base64.b64encode(body.encode()).decode()
    sent = json.dumps({"headers": headers, "body": encoded, "secret": SECRET_OUT})
    code = READ[language].replace("{code}", CODE[language])
    done = subprocess.run(
        [program, option, code], input=sent, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("language", RUN)
def test_verifies_what_is_signed_and_nothing_else(language: str) -> None:
    assert verify(language, BODY, age=0) == "true"
    assert verify(language, BODY.replace("Café", "Cafe"), age=0) == "false"
    assert verify(language, BODY, age=301) == "false"
