// The panel that switches faults on and off. The process is the truth: a switch asks it to change,
// and moves for good when the next event says that it did.
const byId = (id) => document.getElementById(id);
const DEFAULTS = { times: null, probability: 1, seconds: 5, retry_after: null, location: null };

const PRESETS = [
  ["startcall", "Slow answers", "3 seconds each", { fault: "latency", seconds: 3 }],
  ["startcall", "Too many requests", "429, Retry-After: 10", { fault: "429", retry_after: 10 }],
  ["startcall", "Unavailable", "503, nothing rings", { fault: "503" }],
  ["startcall", "Refused", "403, nothing rings", { fault: "403" }],
  ["startcall", "Rings, then no answer", "silent for 60 seconds", { fault: "timeout_after", seconds: 60 }],
  ["startcall", "Rings, then reset", "connection lost after sending", { fault: "reset_after" }],
  ["startcall", "Rings, then 500", "an error after the call", { fault: "500_after" }],
  ["startcall", "Rings, then 503", "as a proxy says it, Retry-After: 5", { fault: "503_after", retry_after: 5 }],
  ["startcall", "Rings late", "once the caller has hung up", { fault: "late_ring", seconds: 60 }],
  ["startcall", "Maintenance page", "200, HTML, nothing rings", { fault: "maintenance" }],
  ["startcall", "Tokens forgotten", "401 once for each token", { fault: "expire_tokens", times: 1 }],
  ["token", "Credentials refused", "401 invalid_client", { fault: "401" }],
  ["token", "Unavailable", "503", { fault: "503" }],
  ["token", "Down behind a proxy", "502, an HTML page", { fault: "html_502" }],
].map(([at, title, hint, rule]) => ({ title, hint, rule: { at, ...DEFAULTS, ...rule } }));

let current = { seed: null, rules: [], used: [] };

// What a rule is, apart from how often it struck already.
const kind = (rule) => JSON.stringify(Object.keys(rule).sort().map((name) => name !== "times" && rule[name]));

async function put(rules) {
  const problem = byId("problem");
  problem.hidden = true;
  try {
    const answer = await fetch("faults", {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ seed: current.seed, rules: rules.filter((rule) => rule.times !== 0) }),
    });
    if (answer.ok) return true;
    problem.textContent = (await answer.json()).message;
  } catch {
    problem.textContent = "The sandbox does not answer.";
  }
  problem.hidden = false;
  showFaults(current);
  return false;
}

function describe(rule, used) {
  const parts = [`${rule.at}: ${rule.fault}`];
  if (/latency|timeout|drip|late/.test(rule.fault)) parts.push(`${rule.seconds} s`);
  if (rule.retry_after !== null) parts.push(`Retry-After ${rule.retry_after}`);
  if (rule.location !== null) parts.push(`to ${rule.location}`);
  if (rule.probability < 1) parts.push(`probability ${rule.probability}`);
  if (rule.times !== null) parts.push(rule.times ? `${rule.times} left` : "used up");
  if (used > 0) parts.push(`struck ${used}×`);
  return parts.join(" · ");
}

export function showFaults(faults) {
  current = faults;
  const active = faults.rules.filter((rule) => rule.times !== 0);
  const on = new Set(active.map(kind));
  for (const preset of PRESETS) preset.input.checked = on.has(kind(preset.rule));
  byId("fault-count").hidden = active.length === 0;
  byId("fault-count").textContent = `${active.length} on`;
  byId("clear-faults").disabled = faults.rules.length === 0;
  byId("no-rules").hidden = faults.rules.length > 0;
  showRules(faults);
}

function showRules({ rules, used }) {
  const list = byId("rules");
  while (list.children.length > rules.length) list.lastElementChild.remove();
  rules.forEach((rule, position) => {
    // Rows are kept, so that a button does not lose the focus whenever a rule strikes.
    if (!list.children[position]) {
      const row = byId("rule-template").content.firstElementChild.cloneNode(true);
      row.querySelector("button").addEventListener("click", () =>
        put(current.rules.filter((_rule, other) => other !== position)),
      );
      list.append(row);
    }
    const words = describe(rule, used[position]);
    list.children[position].querySelector("span").textContent = words;
    list.children[position].querySelector("button").ariaLabel = `Remove ${words}`;
  });
}

for (const preset of PRESETS) {
  const row = byId("switch-template").content.firstElementChild.cloneNode(true);
  row.querySelector("b").textContent = preset.title;
  row.querySelector("small").textContent = preset.hint;
  preset.input = row.querySelector("input");
  preset.input.addEventListener("change", () => {
    const others = current.rules.filter((rule) => kind(rule) !== kind(preset.rule));
    put(preset.input.checked ? [...others, preset.rule] : others);
  });
  byId(`presets-${preset.rule.at}`).append(row);
}

byId("clear-faults").addEventListener("click", () => put([]));
byId("rule-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const rule = {};
  for (const [name, value] of new FormData(form)) {
    if (value === "") continue;
    // What is no number goes out as it is, so that the process can say what is wrong with it.
    const isNumber = !["at", "fault", "location"].includes(name) && Number.isFinite(Number(value));
    rule[name] = isNumber ? Number(value) : value;
  }
  if (await put([...current.rules, rule])) form.reset();
});
