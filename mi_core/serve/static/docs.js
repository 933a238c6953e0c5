"use strict";
// Lists the interfaces of an institution and shows the chosen one with Swagger UI; everything is asked with the token.
(function () {
  const $ = (id) => document.getElementById(id);
  let token = "";
  let production = true;

  async function ask(path) {
    const headers = { Authorization: "Bearer " + token, "Accept-Language": "zh" };
    const reply = await fetch(path, { headers: headers, credentials: "omit" });
    const content = await reply.json();
    if (!reply.ok) {
      throw new Error(content.message + (content.hint ? "：" + content.hint : ""));
    }
    return content;
  }

  function told(work) {
    return work().then(
      () => { $("message").textContent = ""; },
      (error) => { $("message").textContent = error.message; },
    );
  }

  function link(row) {
    const item = document.createElement("a");
    item.href = "#" + row.code;
    item.textContent = (row.code + " " + row.title).trim();
    item.dataset.url = row.url;
    item.dataset.text = item.textContent.toLowerCase();
    return item;
  }

  async function list() {
    const code = $("institution").value;
    const url = "/v1/institutions/" + encodeURIComponent(code) + "/openapi.json";
    const index = await ask(url);
    const nav = $("list");
    nav.textContent = "";
    nav.append(link({ code: "", title: "操作与未定业务", url: url }));
    let group = null;
    for (const row of index["x-interfaces"]) {
      if (row.group !== group) {
        group = row.group;
        const head = document.createElement("h2");
        head.textContent = group;
        nav.append(head);
      }
      nav.append(link(row));
    }
    filter();
    const wanted = location.hash.slice(1);
    const chosen = [...nav.querySelectorAll("a")].find((item) => item.getAttribute("href") === "#" + wanted);
    if (chosen) {
      await show(chosen);
    }
  }

  function filter() {
    const words = $("search").value.trim().toLowerCase();
    for (const item of $("list").querySelectorAll("a")) {
      item.hidden = words !== "" && !item.dataset.text.includes(words);
    }
    for (const head of $("list").querySelectorAll("h2")) {
      let next = head.nextElementSibling;
      let any = false;
      for (; next && next.tagName === "A"; next = next.nextElementSibling) {
        any = any || !next.hidden;
      }
      head.hidden = !any;
    }
  }

  async function show(item) {
    for (const other of $("list").querySelectorAll("a[aria-current]")) {
      other.removeAttribute("aria-current");
    }
    item.setAttribute("aria-current", "page");
    const spec = await ask(item.dataset.url);
    if (!item.hasAttribute("aria-current")) {
      return; // another one was chosen meanwhile
    }
    const key = ((spec.components || {}).parameters || {}).RequiredIdempotencyKey;
    if (key) {
      key.example = "TRY-" + Date.now(); // a number of its own for each look, as each bill has one
    }
    window.SwaggerUIBundle({
      spec: spec,
      domNode: $("document"),
      layout: "BaseLayout",
      presets: [window.SwaggerUIBundle.presets.apis],
      validatorUrl: null,
      docExpansion: "full",
      defaultModelsExpandDepth: 0,
      defaultModelExpandDepth: 6,
      supportedSubmitMethods: production ? ["get"] : ["get", "post"],
      requestInterceptor: (request) => {
        if (new URL(request.url, location.href).origin === location.origin) {
          request.headers.Authorization = "Bearer " + token;
        }
        return request;
      },
    });
  }

  $("enter").addEventListener("submit", (event) => {
    event.preventDefault();
    told(async () => {
      token = $("token").value.trim();
      const found = await ask("/v1/institutions");
      production = found.environment === "production";
      const select = $("institution");
      const before = select.value;
      select.textContent = "";
      for (const one of found.institutions) {
        const option = document.createElement("option");
        option.value = one.code;
        option.textContent = one.code + " " + one.name;
        select.append(option);
      }
      if (found.institutions.some((one) => one.code === before)) {
        select.value = before;
      }
      select.disabled = $("search").disabled = false;
      await list();
    });
  });
  $("institution").addEventListener("change", () => told(list));
  $("search").addEventListener("input", filter);
  $("list").addEventListener("click", (event) => {
    const item = event.target.closest("a");
    if (item) {
      told(() => show(item));
    }
  });
})();
