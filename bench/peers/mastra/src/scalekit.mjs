// The Scalekit calls of the article over REST: `executeTool` and `listConnectedAccounts`.
//
// The article uses @scalekit-sdk/node, which speaks gRPC over HTTP/2 to the same services. REST
// keeps the comparison on the same wire as Onbehalf and lets the peer run in workerd as well. Node's
// fetch keeps connections open and opens as many as it is asked for: nothing is held back here.

export class ToolFailure extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** A client for one environment; its access token is fetched once and kept. */
export function scalekitClient({ url, clientId, clientSecret }) {
  let token;

  async function accessToken() {
    token ??= fetch(`${url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      }).toString(),
    }).then(async (answer) => (await answer.json()).access_token);
    return token;
  }

  async function call(path, body) {
    const answer = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${await accessToken()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const json = await answer.json();
    if (answer.ok) return json;
    const info = json.details?.find((detail) => detail.error_code);
    throw new ToolFailure(info?.tool_error_info?.tool_error_code ?? info?.error_code, json.message);
  }

  return {
    /** Runs one tool as the user behind the identifier; answers the provider's own JSON. */
    async executeTool({ toolName, identifier, toolInput }) {
      const { data } = await call('/api/v1/execute_tool', {
        tool_name: toolName,
        identifier,
        params: toolInput,
      });
      return data;
    },
    /** The user's accounts with one connector. */
    async listConnectedAccounts({ identifier, connector }) {
      const query = new URLSearchParams({ identifier, connection_names: connector });
      const { connected_accounts: accounts } = await call(`/api/v1/connected_accounts?${query}`);
      return accounts ?? [];
    },
  };
}
