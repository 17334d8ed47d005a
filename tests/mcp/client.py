"""The official Python client against a server: lists, reads, writes until a person is needed, looks.

Usage: client.py URL MODE, with the token in TOKEN. Prints what came of it as one JSON object.
"""

import asyncio
import json
import os
import sys

from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client

CREATE = "hubspot-create-task"
TASK = {"subject": "Call Acme", "due": "2030-01-01T00:00:00Z"}


async def main(url: str, mode: str) -> dict[str, object]:
    http = create_mcp_http_client(headers={"Authorization": f"Bearer {os.environ['TOKEN']}"})
    heard: list[float] = []

    async def progress(done: float, total: float | None, message: str | None) -> None:
        heard.append(done)

    async with http, Client(streamable_http_client(url, http_client=http), mode=mode) as client:
        tools = await client.list_tools()
        read = await client.call_tool("hubspot-list-due-tasks", {"due_before": "2031-01-01T00:00:00Z"})
        waiting = await client.call_tool(CREATE, TASK)
        seen = await client.call_tool("get_run", {"runId": waiting.structured_content["runId"]})
        run = await client.call_tool("run_onboarding_health", {}, progress_callback=progress)
        templates = await client.list_resource_templates()
        uri = templates.resource_templates[0].uri_template
        uri = uri.replace("{workflow}", "tool-call").replace("{runId}", seen.structured_content["runId"])
        resource = await client.read_resource(uri)
        return {
            "version": client.protocol_version,
            "tools": [tool.name for tool in tools.tools],
            "read": read.structured_content["status"],
            "waits": waiting.structured_content["waitsFor"],
            "seen": seen.structured_content["status"],
            "run": run.structured_content["status"],
            "heard": heard,
            "resource": json.loads(resource.contents[0].text)["status"],
        }


print(json.dumps(asyncio.run(main(sys.argv[1], sys.argv[2]))))
