// Starts GraphiQL with a token that lives in this page's memory only: nothing is written to the browser's storage,
// because queries and variables may hold values.
"use strict";
(() => {
  const memory = new Map();
  const storage = {
    get length() { return memory.size; },
    getItem: (name) => memory.get(name) ?? null,
    setItem: (name, value) => { memory.set(name, value); },
    removeItem: (name) => { memory.delete(name); },
    clear: () => { memory.clear(); },
  };
  const state = document.getElementById("state");
  const root = ReactDOM.createRoot(document.getElementById("graphiql"));
  let token = "";

  async function fetcher(request) {
    const headers = { "Content-Type": "application/json", Accept: "application/graphql-response+json" };
    if (token) headers.Authorization = "Bearer " + token;
    const response = await fetch("/graphql", {
      method: "POST", headers, body: JSON.stringify(request), credentials: "omit", cache: "no-store",
    });
    state.textContent = response.status === 401 ? "请先取得令牌 · get a token first" : "";
    return response.json();
  }

  function show() {
    // A new key fetches the schema again, now with the token; tabs and texts come back from memory.
    root.render(React.createElement(GraphiQL, {
      key: token,
      fetcher,
      storage,
      shouldPersistHeaders: false,
      isHeadersEditorEnabled: false,
      defaultEditorToolsVisibility: "variables",
      defaultQuery: "# 每个字段为何可见或隐藏：extensions.masked\n# Why a field is hidden: extensions.masked\n" +
        "{\n  institutions(first: 3) {\n    nodes {\n      nhsaCode\n      name\n      hiddenFields\n    }\n  }\n}\n",
    }));
  }

  document.getElementById("bar").addEventListener("submit", (event) => {
    event.preventDefault();
    token = document.getElementById("token").value.trim();
    show();
  });
  show();
})();
