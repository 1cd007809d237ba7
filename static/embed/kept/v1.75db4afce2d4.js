(()=>{const NAME="call-me-back";const script=document.currentScript;if(!window.customElements||!document.adoptedStyleSheets||customElements.get(NAME))return;if(script&&!(script instanceof HTMLScriptElement&&/^http/.test(script.src)))return;const ours=script&&new URL(script.src).origin;const sheet=new CSSStyleSheet();sheet.replaceSync(`
    :host([mode=floating])>slot{visibility:hidden}
    slot[hidden],.box:not(.away)>a,.away>iframe{display:none}
    button{border:0;font:600 1rem/1.5 system-ui}
    .float{position:fixed;z-index:99999;bottom:1rem;right:1rem;padding:.75rem 1.5rem;border-radius:2rem;background:#1d4ed8;color:#fff;box-shadow:0 4px 16px #0006}
    :host([position=left]) .float{right:auto;left:1rem}
    .box{box-sizing:border-box;width:27rem;max-width:100%;padding:0;border:1px solid #8886;border-radius:1rem;background:Canvas;color:CanvasText;overflow:hidden;color-scheme:light dark}
    :host([theme=light]) .box{color-scheme:light}
    :host([theme=dark]) .box{color-scheme:dark}
    div{position:relative}
    dialog.box{max-width:calc(100% - 1rem);margin-top:7dvh}
    dialog::backdrop{background:#000a}
    iframe{display:block;width:100%;height:30rem;border:0}
    dialog iframe{max-height:86dvh}
    div>iframe{min-height:max(36rem,56rem - 60vw)}
    .box>a{display:block;padding:4rem;text-align:center}
    .close{position:absolute;top:.5rem;right:.5rem;width:2.75rem;height:2.75rem;background:#0000;color:CanvasText}
  `);const widgets=new Map();let passed={};let page;function make(name,attributes={},text=""){const element=document.createElement(name);for(const key of Object.keys(attributes))element.setAttribute(key,attributes[key]);element.textContent=text;return element;}
function clean(address){if(!address)return"";const url=new URL(address);url.search=url.search.slice(1).split("&").filter((pair)=>/^utm_[a-z_]+=/.test(pair)).join("&");return url.origin+url.pathname+url.search;}
const isPlain=(event)=>!(event.defaultPrevented||event.ctrlKey||event.metaKey||event.shiftKey);function mount(element){const attribute=(name)=>element.getAttribute(name)||"";const id=attribute("widget");const mode=attribute("mode");const root=element.shadowRoot||element.attachShadow({mode:"open"});const slot=make("slot");const life=new AbortController();const{signal}=life;let origin,box,frame,cross,timer,opener,isOpen,isReady,isForm,status;const link=()=>element.querySelector("a[href]");const label=()=>element.textContent.trim();const emit=(type)=>element.dispatchEvent(new CustomEvent("callmeback:"+type,{bubbles:true,composed:true,detail:{widget:id}}),);function warm(){const other=link();origin=ours||other?.origin;if(box||!origin)return box;const page=`${origin}/embed/${id}/?lang=${attribute("lang")}&theme=${attribute("theme")}`;frame=make("iframe",{title:label(),referrerpolicy:"origin",src:page});cross=make("button",{class:"close"},"×");box=make(mode==="inline"?"div":"dialog",{class:"box","aria-label":label()});box.append(frame,cross,make("a",{href:other||`${origin}/w/${id}/`,target:"_blank"},label()||"→"));box.hidden=!box.showModal;root.append(box);frame.onload=()=>{isReady=false;wait(2000);hello();};cross.onclick=close;box.onclose=closed;box.onclick=(event)=>event.target===box&&box.close&&close();addEventListener("message",hear,{signal});return box;}
function wait(patience){clearTimeout(timer);timer=setTimeout(()=>(box.className="box away"),patience);}
function hello(){if(isReady===undefined)return;const prefill={number:attribute("prefill-number"),email:attribute("prefill-email"),...passed[""],...passed[id],};const page={url:clean(location),title:document.title,referrer:clean(document.referrer)};frame.contentWindow.postMessage({callmeback:1,type:"hello",page,prefill},origin);}
function hear({data,origin:sender,source}){if(source!==frame.contentWindow||sender!==origin||data.callmeback!==1)return;const type=data.type;if(type==="ready"){clearTimeout(timer);if(isOpen&&!isReady){frame.blur();frame.focus();}
isReady=true;isForm=isForm||data.form;box.className="box";frame.title=data.title;box.setAttribute("aria-label",data.title);cross.setAttribute("aria-label",data.close);}
if(type==="height")frame.style.height=Math.min(data.height,4000)+"px";if(type==="status"){if(isForm)emit("submitted");if(data.status==="called"&&(isForm||status!=="called"))emit("called");isForm=false;status=data.status;}
if(type==="close")box.close?.();}
function open(from){if(isOpen||!warm())return;isOpen=true;opener=from||document.activeElement;if(box.showModal)box.showModal();else box.hidden=!(slot.hidden=true);hello();if(isReady)frame.focus();else wait(8000);emit("open");}
function close(){if(!isOpen)return;if(box.close)return box.close();box.hidden=!(slot.hidden=false);closed();}
function closed(){if(!isOpen)return;isOpen=false;opener.focus();emit("closed");}
function unmount(){life.abort();clearTimeout(timer);root.replaceChildren(make("slot"));widgets.delete(element);closed();}
root.adoptedStyleSheets=[sheet];root.replaceChildren(slot);if(mode==="floating"){const float=make("button",{class:"float",part:"button","aria-haspopup":"dialog"},label());float.style.background=attribute("accent");float.style.color=attribute("accent-text");slot.onslotchange=()=>(float.textContent=label());root.append(float);}
for(const type of["pointerenter","focusin"])element.addEventListener(type,warm,{signal});element.addEventListener("click",(event)=>{const path=event.composedPath();if(!isPlain(event)||path.includes(box)||!warm()||box.className==="box away")return;event.preventDefault();open(path[0]);},{signal},);widgets.set(element,{id,open,close,hello,warm,unmount});listen();if(element.hasAttribute("open"))open();}
const chosen=(target)=>[...widgets].filter(([element,{id}])=>!target||target===element||target===id);function obtain(target){if(target&&!chosen(target)[0]){const element=make(NAME,{widget:target});element.isMade=true;document.body.append(element);}
return chosen(target)[0]?.[1];}
function listen(){if(page)return;page=new AbortController();for(const type of["pointerover","focusin","click"])
document.addEventListener(type,(event)=>{const trigger=event.target.closest?.("[data-callmeback-open]");const widget=trigger&&isPlain(event)&&obtain(trigger.dataset.callmebackOpen);if(!widget?.warm()||type!=="click")return;event.preventDefault();widget.open(trigger);},{signal:page.signal},);}
const commands={open:(target)=>obtain(target).open(),close:(target)=>chosen(target).forEach(([,widget])=>widget.close()),prefill(values,target=""){if(ours)passed[target]={...passed[target],...values};chosen(target).forEach(([,widget])=>widget.hello());},on(type,handler){listen();document.addEventListener("callmeback:"+type,handler,{signal:page.signal});},destroy(target){for(const[element,widget]of chosen(target)){widget.unmount();if(element.isMade)element.remove();}
if(target)return;passed={};page=page?.abort();},};function run(command,...rest){try{commands[command](...rest);}catch(error){console.warn(command,error);}}
class Upgraded extends HTMLElement{static observedAttributes=["widget","mode","lang","theme"];connectedCallback(){if(!widgets.has(this)&&this.getAttribute("widget"))mount(this);}
disconnectedCallback(){widgets.get(this)?.unmount();}
attributeChangedCallback(){if(!widgets.has(this))return;this.disconnectedCallback();this.connectedCallback();}}
const queue=window.CallMeBack?.q||[];const work=()=>queue.forEach((command)=>run(...command));window.CallMeBack=run;customElements.define(NAME,Upgraded);listen();if(document.readyState==="loading")addEventListener("DOMContentLoaded",work);else work();})();