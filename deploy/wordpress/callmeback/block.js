// The block in the editor: four fields beside the page, and the link as the server draws it.
(function (blocks, editor, components, element, i18n, render) {
    const make = element.createElement;
    const __ = i18n.__;

    blocks.registerBlockType("callmeback/widget", {
        edit(props) {
            const field = (name, label) => make(components.TextControl, {
                label,
                value: props.attributes[name],
                onChange: (value) => props.setAttributes({ [name]: value }),
            });
            return make("div", editor.useBlockProps(),
                make(editor.InspectorControls, null,
                    make(components.PanelBody, null,
                        field("widget", __("Widget ID (empty: the one of the settings)", "callmeback")),
                        field("text", __("Text of the link", "callmeback")),
                        field("topic", __("Topic, such as sales (empty: visitors are asked)", "callmeback")),
                        make(components.SelectControl, {
                            label: __("Show it", "callmeback"),
                            value: props.attributes.mode,
                            options: [
                                { value: "dialog", label: __("as a link that opens a dialog", "callmeback") },
                                { value: "inline", label: __("in the page", "callmeback") },
                                { value: "floating", label: __("as a floating button", "callmeback") },
                            ],
                            onChange: (mode) => props.setAttributes({ mode }),
                        }))),
                make(render, { block: "callmeback/widget", attributes: props.attributes }));
        },
        save: () => null,
    });
})(wp.blocks, wp.blockEditor, wp.components, wp.element, wp.i18n, wp.serverSideRender);
