// Shows what came, the newest first. Everything goes in as text; only web addresses become links.
const list = document.getElementById("mails");
let newest = -1;

function element(name, text, kind) {
  const made = document.createElement(name);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function withLinks(text) {
  const body = document.createElement("pre");
  for (const part of text.split(/(https?:\/\/[^\s<>"]+)/)) {
    if (/^https?:\/\//.test(part)) {
      const link = element("a", part);
      link.href = part;
      link.rel = "noreferrer";
      body.append(link);
    } else body.append(part);
  }
  return body;
}

async function refresh() {
  try {
    const { items } = await (await fetch("/api/mails")).json();
    const latest = items.length ? items[0].number : 0;
    if (latest === newest) return;
    newest = latest;
    list.replaceChildren(
      ...items.map((mail) => {
        const article = document.createElement("article");
        article.append(element("h2", mail.subject), element("p", `To ${mail.to} · ${mail.date}`, "meta"), withLinks(mail.text));
        return article;
      }),
    );
    if (!items.length) list.replaceChildren(element("p", "No mails yet.", "meta"));
  } catch {
    // The server was stopped; it may come back.
  }
}

refresh();
setInterval(refresh, 1500);
