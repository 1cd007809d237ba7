// Solves the proof of work that a form needs while bots are active (ALTCHA, version 2). It starts when
// the visitor starts to type, and usually ends before the form is sent. The browser computes in the
// background, so the page stays responsive.

for (const field of document.querySelectorAll("input[data-challenge]")) {
  const SLOW = 2_000; // ms; a visitor who waits longer after pressing the button is told why
  const { form } = field;
  const note = form.querySelector("[data-slow]");
  const challenge = JSON.parse(field.dataset.challenge);
  const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
  let solving;
  let isWaiting = false;
  let isDone = false;

  const bytes = (hex) => hex.match(/../g).map((pair) => parseInt(pair, 16));
  const hex = (buffer) =>
    Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

  const derive = async (counter) => {
    const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
    new DataView(password.buffer).setUint32(password.length - 4, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const how = {
      name: "PBKDF2",
      hash: "SHA-256",
      salt: new Uint8Array(bytes(salt)),
      iterations: cost,
    };
    return hex(await crypto.subtle.deriveBits(how, key, keyLength * 8));
  };

  const solve = async () => {
    for (let counter = 0; ; counter++) {
      const derivedKey = await derive(counter);
      if (!derivedKey.startsWith(keyPrefix)) continue;
      field.value = btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
      return;
    }
  };

  // A browser that cannot solve it sends the form without a solution. The answer says what to do.
  const start = () =>
    (solving ??= solve()
      .catch(() => {})
      .then(() => (isDone = true)));

  form.addEventListener("input", start, { once: true });
  if (document.getElementById("problem")) start();

  // Sends the form once the work is done. Listens before the form's own handler, which then finds the
  // button busy and leaves it so.
  document.addEventListener(
    "submit",
    async (event) => {
      if (isDone) return;
      event.preventDefault();
      if (isWaiting) return;
      isWaiting = true;
      const button = form.querySelector("[data-busy]");
      button.setAttribute("aria-disabled", "true");
      const timer = setTimeout(() => (note.textContent = note.dataset.slow), SLOW);
      await start();
      clearTimeout(timer);
      note.textContent = "";
      button.setAttribute("aria-disabled", "false");
      setTimeout(() => form.requestSubmit()); // it would have no effect during this event
    },
    true,
  );
}
