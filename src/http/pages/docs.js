// docs: reads openapi.json, which lies beside this page, and shows it. A token that is typed in lives as long as the tab does and
// goes to this gateway only; the web page's own is here already when this was opened from there.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
const SHOWN_MAX = 200000; // characters of an answer
const KEY = "cantrack.token"; // of sessionStorage, as in the web page
const byId = id => document.getElementById(id);
let api;

// h("p", {class: "x"}, "text", node): an element; null children are left out.
function h(name, attributes, ...children) {
	const element = document.createElement(name);
	for (const [key, value] of Object.entries(attributes || {}))
		if (key.startsWith("on"))
			element.addEventListener(key.slice(2), value);
		else
			element.setAttribute(key, value);
	element.append(...children.filter(c => c !== null && c !== undefined));
	return element;
}

// Text with `names` in it.
function prose(text) {
	return text.split("`").map((part, i) => i % 2 ? h("code", {}, part) : part);
}

// The object that a "$ref" stands for.
function resolve(object) {
	while (object && object.$ref)
		object = object.$ref.split("/").slice(1).reduce((at, key) => at[key], api);
	return object || {};
}

function schemaName(schema) {
	return schema && schema.$ref ? schema.$ref.split("/").pop() : "";
}

function link(schema) {
	const name = schemaName(schema);
	return name ? h("a", {href: "#schema-" + name}, name) : h("span", {}, typeOf(schema));
}

function typeOf(schema) {
	if (!schema)
		return "";
	if ("const" in schema)
		return "always " + JSON.stringify(schema.const);
	let text = [].concat(schema.type || []).map(t => t === "null" ? "null" : t).join(" or ");
	if (schema.items)
		text = "array of " + (schemaName(schema.items) || typeOf(schema.items));
	if (schema.minimum !== undefined && schema.maximum !== undefined)
		text += " " + schema.minimum + "…" + schema.maximum;
	else if (schema.minimum)
		text += " from " + schema.minimum;
	if (schema.maxLength)
		text += ", " + (schema.minLength ? schema.minLength + "…" : "up to ") +
			schema.maxLength + " bytes";
	return text;
}

function table(heads, rows) {
	return h("table", {}, h("thead", {}, h("tr", {}, ...heads.map(t => h("th", {}, t)))),
		h("tbody", {}, ...rows.map(row => h("tr", {}, ...row.map(cell => h("td", {}, cell))))));
}

// One row a member; those of inner objects follow theirs.
function members(schema, before = "") {
	const rows = [];
	for (const [name, inner] of Object.entries(schema.properties || {})) {
		const full = before + name;
		if (inner.properties) {
			rows.push(...members(inner, full + "."));
			continue;
		}
		const must = (schema.required || []).includes(name) ? " (required)" : "";
		const unit = inner["x-unit"] ? ", " + inner["x-unit"] : "";
		rows.push([h("code", {}, full), typeOf(inner) + unit, (inner.description || "") + must]);
	}
	return rows;
}

// ---- trying ----

function exampleTarget(operation, method) {
	const example = operation["x-example"];
	if (!example)
		return "";
	const data = method === "get" && example.body;
	return example.target + (data ? "?data=" + encodeURIComponent(example.body) : "");
}

function shown(text, type) {
	if (!type.includes("json"))
		return text;
	try {
		return JSON.stringify(JSON.parse(text), null, 2);
	} catch (e) {
		return text;
	}
}

async function send(method, target, body, out) {
	const token = typedToken();
	const started = performance.now();
	out.className = "";
	out.textContent = "…";
	try {
		// a proxy may serve the gateway below a path: what begins here with / begins there with that
		const answer = await fetch(target.replace(/^\/+/, ""), {
			method: method.toUpperCase(), cache: "no-store", credentials: "omit",
			headers: token ? {Authorization: "FlespiToken " + token} : {},
			body: body || undefined,
		});
		const text = await answer.text();
		const head = answer.status + " " + answer.statusText + ", " + text.length + " characters, " +
			Math.round(performance.now() - started) + " ms\n" +
			(answer.status === 401 && !token ? "The token is missing: it goes in at the top.\n" : "") + "\n";
		const all = shown(text, answer.headers.get("Content-Type") || "");
		out.className = answer.ok ? "" : "failed";
		out.textContent = head + all.slice(0, SHOWN_MAX) + (all.length > SHOWN_MAX ? "\n…" : "");
	} catch (e) {
		out.className = "failed";
		out.textContent = "no answer: " + e.message;
	}
}

function tryBox(operation, method) {
	const example = operation["x-example"] || {};
	const target = h("input", {"aria-label": "Address", spellcheck: "false",
		value: exampleTarget(operation, method)});
	const body = operation.requestBody
		? h("textarea", {"aria-label": "Body", spellcheck: "false"}, example.body || "") : null;
	const out = h("pre", {"aria-live": "polite", tabindex: "0", hidden: ""});
	const go = event => {
		event.preventDefault();
		out.hidden = false;
		send(method, target.value, body && body.value, out);
	};
	return h("form", {class: "try", onsubmit: go, onkeydown: event => {
		if (event.key === "Enter" && event.ctrlKey)
			go(event);
	}}, h("div", {class: "line"}, target, h("button", {}, method.toUpperCase())), body, out);
}

// ---- operations ----

function answerOf(operation) {
	if (!operation.responses["200"])
		return h("p", {}, "Always a refusal.");
	const content = operation.responses["200"].content || {};
	const json = content["application/json"];
	const item = json && json.schema && json.schema.allOf
		? json.schema.allOf[1].properties.result.items : null;
	const others = Object.keys(content).filter(type => type !== "application/json");
	return h("p", {}, item ? "Items of " : "", item ? h("code", {}, "result") : "", item ? ": " : "",
		item ? link(item) : (json ? "application/json" : ""),
		others.length ? (json ? "; or " : "") + others.join(", ") : "");
}

function bodyOf(operation) {
	const content = operation.requestBody && operation.requestBody.content["application/json"];
	if (!content)
		return [];
	const one = content.schema.oneOf ? content.schema.oneOf[1] : content.schema;
	return [h("h3", {}, "Body", h("small", {}, content.schema.oneOf ? " one object, or an array of them" : "")),
		table(["member", "type", ""], members(resolve(one)))];
}

function inside(path, method, operation, shared) {
	const parameters = [...shared, ...(operation.parameters || [])].map(resolve);
	return h("div", {class: "inside"}, h("p", {class: "faint"}, ...prose(operation.description || "")),
		parameters.length ? h("h3", {}, "Parameters") : null,
		parameters.length ? table(["name", "type", ""], parameters.map(p => [
			h("code", {}, p.in === "path" ? "{" + p.name + "}" : p.name),
			typeOf(p.schema || {type: "object, as JSON"}), p.description])) : null,
		...bodyOf(operation), h("h3", {}, "Answer"), answerOf(operation), h("h3", {}, "Try"),
		tryBox(operation, method));
}

function showOperation(path, method, operation, shared) {
	const box = h("details", {class: method, id: operation.operationId}, h("summary", {},
		h("span", {class: "method"}, method.toUpperCase()), h("span", {class: "path"}, path),
		h("span", {class: "faint"}, operation.summary)));
	box.addEventListener("toggle", () => {
		if (box.open && box.children.length === 1)
			box.append(inside(path, method, operation, shared));
	});
	box.dataset.words = (method + " " + path + " " + operation.summary).toLowerCase();
	return box;
}

function showGroups() {
	const groups = new Map(api.tags.map(tag => [tag.name, []]));
	for (const [path, item] of Object.entries(api.paths))
		for (const method of METHODS.filter(m => item[m]))
			groups.get(item[method].tags[0]).push(
				showOperation(path, method, item[method], item.parameters || []));
	const rank = ([name]) => ["service", "absent"].indexOf(name); // these come last
	for (const [name, boxes] of [...groups].sort((a, b) => rank(a) - rank(b))) {
		const title = name === "absent" ? "not here" : name;
		byId("operations").append(h("section", {}, h("h2", {id: "tag-" + name}, title), ...boxes));
		byId("tags").append(h("a", {href: "#tag-" + name}, title));
	}
	byId("tags").append(h("a", {href: "#schemas"}, "Objects"));
}

function showSchemas() {
	for (const [name, schema] of Object.entries(api.components.schemas).sort()) {
		const rows = members(schema);
		if (!rows.length)
			continue;
		const box = h("details", {id: "schema-" + name},
			h("summary", {}, h("span", {class: "path"}, name),
				h("span", {class: "faint"}, schema.description || "")),
			h("div", {class: "inside"}, table(["member", "type", ""], rows)));
		box.dataset.words = (name + " " + (schema.description || "")).toLowerCase();
		byId("objects").append(box);
	}
}

// ---- the page ----

// Opens and shows what the address names behind its #.
function followHash() {
	const target = byId(decodeURIComponent(location.hash.slice(1)));
	if (!target)
		return;
	if (target.closest("[hidden]")) {
		byId("find").value = "";
		find();
	}
	if (target.tagName === "DETAILS")
		target.open = true;
	target.scrollIntoView();
}

function find() {
	const words = byId("find").value.toLowerCase().split(/\s+/);
	let found = false;
	for (const section of document.querySelectorAll("main section")) {
		let any = false;
		for (const box of section.querySelectorAll("details")) {
			box.hidden = !words.every(word => box.dataset.words.includes(word));
			any = any || !box.hidden;
		}
		section.hidden = !any;
		found = found || any;
	}
	byId("nothing").hidden = found;
}

function typedToken() {
	return byId("token").value.trim().replace(/^FlespiToken\s+/, "");
}

function keepToken() {
	byId("token").value = sessionStorage.getItem(KEY) || "";
	byId("token").addEventListener("input", () => sessionStorage.setItem(KEY, typedToken()));
	byId("login").addEventListener("submit", event => event.preventDefault());
	byId("forget").addEventListener("click", () => {
		sessionStorage.removeItem(KEY);
		byId("token").value = "";
	});
}

async function start() {
	keepToken();
	const answer = await fetch("openapi.json");
	api = await answer.json();
	byId("version").textContent = api.info.version;
	byId("about").append(...prose(api.info.description));
	showGroups();
	showSchemas();
	byId("find").addEventListener("input", find);
	document.addEventListener("keydown", event => {
		if (event.key === "/" && !/INPUT|TEXTAREA/.test(document.activeElement.tagName)) {
			event.preventDefault();
			byId("find").focus();
		}
	});
	addEventListener("hashchange", followHash);
	followHash();
}

start().catch(e => { byId("about").textContent = "openapi.json could not be shown: " + e.message; });
