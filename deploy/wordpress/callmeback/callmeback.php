<?php
/**
 * Plugin Name: Call me back
 * Description: Shows the call-back widget of your own callback site: on every page, by a block or by a shortcode.
 * Version: 1.0.0
 * Requires at least: 6.0
 * Requires PHP: 7.4
 * License: BSD-3-Clause
 * Text Domain: callmeback
 */

namespace CallMeBack;

if (!defined('ABSPATH')) {
    exit;
}

const OPTION = 'callmeback';
const MODES = ['dialog', 'inline', 'floating'];
// The element's attributes that a shortcode and a block may set.
const ATTRIBUTES = ['mode', 'lang', 'theme', 'position', 'accent', 'accent-text', 'when-closed', 'offset', 'campaign', 'topic'];
// For how long a signature is valid, in seconds. The callback site takes 24 hours at most.
const VALID_FOR = 12 * 3600;

/** Return the settings: the callback site's origin, the default widget, its campaign parameters, and where it floats. */
function settings(): array
{
    $stored = get_option(OPTION, []);
    return array_merge(['origin' => '', 'widget' => '', 'campaign' => '', 'everywhere' => false], is_array($stored) ? $stored : []);
}

/** Return settings as they may be stored. What is wrong becomes empty. */
function clean_settings($typed): array
{
    $typed = is_array($typed) ? $typed : [];
    return [
        'origin' => clean_origin((string) ($typed['origin'] ?? '')),
        'widget' => clean_widget((string) ($typed['widget'] ?? '')),
        'campaign' => clean_names((string) ($typed['campaign'] ?? '')),
        'everywhere' => !empty($typed['everywhere']),
    ];
}

/** Return the origin of an https address, such as "https://callback.example.fr", or "". */
function clean_origin(string $typed): string
{
    $parts = parse_url(trim($typed));
    if (!is_array($parts) || ($parts['scheme'] ?? '') !== 'https' || empty($parts['host']) || isset($parts['user'])) {
        return '';
    }
    $port = isset($parts['port']) ? ':' . $parts['port'] : '';
    return 'https://' . strtolower($parts['host']) . $port;
}

/** Return the public ID of a widget, or "" if it cannot be one. */
function clean_widget(string $typed): string
{
    $typed = trim($typed);
    return preg_match('/\A[A-Za-z0-9_-]{1,32}\z/', $typed) ? $typed : '';
}

/** Return names of parameters, such as "gclid fbclid", without what cannot be one. */
function clean_names(string $typed): string
{
    $names = preg_split('/[\s,]+/', $typed, -1, PREG_SPLIT_NO_EMPTY) ?: [];
    return implode(' ', array_unique(preg_grep('/\A[A-Za-z0-9_-]{1,40}\z/', $names)));
}

/**
 * Return the element for a widget, with the link that works without scripts. "" without an origin or a widget.
 *
 * @param array<string, mixed> $wanted `widget`, `text`, and the attributes of `ATTRIBUTES`.
 */
function element(array $wanted): string
{
    $settings = settings();
    $widget = clean_widget((string) ($wanted['widget'] ?? '')) ?: $settings['widget'];
    if ($settings['origin'] === '' || $widget === '') {
        return '';
    }
    $text = (string) ($wanted['text'] ?? '') ?: __('Call me back', 'callmeback');
    $attributes = '';
    $wanted += ['campaign' => $settings['campaign']];
    foreach (ATTRIBUTES as $name) {
        // Shortcodes have their attributes in lower case; hyphens stay as they are.
        $value = (string) ($wanted[$name] ?? '');
        if ($value === '' || ($name === 'mode' && ($value === 'dialog' || !in_array($value, MODES, true)))) {
            continue;
        }
        $attributes .= sprintf(' %s="%s"', $name, esc_attr($value));
    }
    load_script($widget);
    // The page that the link opens without scripts is about the same topic.
    $topic = (string) ($wanted['topic'] ?? '');
    $query = $topic === '' ? '' : '?topic=' . rawurlencode($topic);
    return sprintf(
        '<call-me-back widget="%s"%s><a href="%s">%s</a></call-me-back>',
        esc_attr($widget),
        $attributes,
        esc_url($settings['origin'] . '/w/' . $widget . '/' . $query),
        esc_html($text)
    );
}

/**
 * Load the script on this page, once, with the signed identity of a customer who is signed in.
 *
 * The identity is signed for one widget: the first on the page, which is the one that the script fills in.
 */
function load_script(string $widget): void
{
    static $is_loaded = false;
    if ($is_loaded) {
        return;
    }
    $is_loaded = true;
    $settings = settings();
    wp_enqueue_script('callmeback', $settings['origin'] . '/embed/v1.js', [], null, ['strategy' => 'async', 'in_footer' => true]);
    $identity = identity($widget, time());
    if ($identity !== null) {
        wp_add_inline_script('callmeback', prefill_script($identity), 'before');
    }
}

/** Return the script that passes the identity to the widget. No text in it can end the script. */
function prefill_script(array $identity): string
{
    $json = wp_json_encode(['identity' => $identity], JSON_HEX_TAG | JSON_HEX_AMP | JSON_HEX_APOS | JSON_HEX_QUOT);
    return 'window.CallMeBack = window.CallMeBack || function () { (CallMeBack.q = CallMeBack.q || []).push(arguments); };'
        . 'CallMeBack("prefill", ' . $json . ');';
}

/**
 * Return who is signed in, as the callback site checks it, or null if nobody is or nothing can be signed.
 *
 * The secret is the constant CALLMEBACK_IDENTITY_SECRET of wp-config.php: it is neither in the database nor in a page.
 * The number is the one that WooCommerce keeps; the filter `callmeback_identity` may give another, or null.
 */
function identity(string $widget, int $now): ?array
{
    $secret = defined('CALLMEBACK_IDENTITY_SECRET') ? (string) constant('CALLMEBACK_IDENTITY_SECRET') : '';
    if ($secret === '' || $widget === '' || !is_user_logged_in()) {
        return null;
    }
    $user = wp_get_current_user();
    $known = apply_filters('callmeback_identity', [
        'number' => (string) get_user_meta($user->ID, 'billing_phone', true),
        'email' => (string) $user->user_email,
    ], $user);
    if (!is_array($known) || ($known['number'] ?? '') === '' || strpos(implode('', $known), "\n") !== false) {
        return null;
    }
    $expires = (string) ($now + VALID_FOR);
    return [
        'number' => $known['number'],
        'email' => $known['email'] ?? '',
        'expires' => $expires,
        'signature' => signature($secret, $widget, $expires, $known['number'], $known['email'] ?? ''),
    ];
}

/** Return the HMAC-SHA256 over the five lines that the callback site's documentation names. */
function signature(string $secret, string $widget, string $expires, string $number, string $email): string
{
    $lines = ['callmeback-identity-1', $widget, $expires, $number, $email];
    return hash_hmac('sha256', implode("\n", $lines), $secret);
}

/** Show the floating button at the end of every page, if that is chosen. */
function footer(): void
{
    if (settings()['everywhere']) {
        echo element(['mode' => 'floating']); // its parts are escaped
    }
}

/** Return what the shortcode [call_me_back widget="…" mode="…" text="…"] shows. */
function shortcode($attributes): string
{
    return element(is_array($attributes) ? $attributes : []);
}

/** Register the block, which is drawn here and not in the browser. */
function register_block(): void
{
    register_block_type(__DIR__, ['render_callback' => __NAMESPACE__ . '\\element']);
}

/** Register the settings and the page that shows them. */
function register_settings(): void
{
    register_setting(OPTION, OPTION, ['type' => 'array', 'sanitize_callback' => __NAMESPACE__ . '\\clean_settings']);
}

function add_settings_page(): void
{
    $title = __('Call me back', 'callmeback');
    add_options_page($title, $title, 'manage_options', OPTION, __NAMESPACE__ . '\\settings_page');
}

function settings_page(): void
{
    $settings = settings();
    echo '<div class="wrap"><h1>' . esc_html__('Call me back', 'callmeback') . '</h1><form method="post" action="options.php">';
    settings_fields(OPTION);
    echo '<table class="form-table" role="presentation">';
    row('origin', __('Callback site', 'callmeback'), $settings['origin'], __('Its address, such as https://callback.example.fr.', 'callmeback'));
    row('widget', __('Widget ID', 'callmeback'), $settings['widget'], __('From the page of the widget, under Installation. Add this site to its allowed sites there.', 'callmeback'));
    row('campaign', __('More campaign parameters', 'callmeback'), $settings['campaign'], __('As on the page of the widget, such as gclid fbclid. utm_* are always kept.', 'callmeback'));
    printf(
        '<tr><th scope="row">%s</th><td><label><input type="checkbox" name="%s[everywhere]" value="1"%s> %s</label></td></tr></table>',
        esc_html__('Floating button', 'callmeback'),
        esc_attr(OPTION),
        checked($settings['everywhere'], true, false),
        esc_html__('Show it on every page', 'callmeback')
    );
    submit_button();
    echo '</form></div>';
}

/** Print a row of the settings with a text field. */
function row(string $name, string $label, string $value, string $help): void
{
    $id = OPTION . '-' . $name;
    printf(
        '<tr><th scope="row"><label for="%1$s">%2$s</label></th><td><input type="text" class="regular-text" id="%1$s" name="%3$s[%4$s]" value="%5$s" aria-describedby="%1$s-help"><p class="description" id="%1$s-help">%6$s</p></td></tr>',
        esc_attr($id),
        esc_html($label),
        esc_attr(OPTION),
        esc_attr($name),
        esc_attr($value),
        esc_html($help)
    );
}

add_action('init', __NAMESPACE__ . '\\register_block');
add_action('admin_init', __NAMESPACE__ . '\\register_settings');
add_action('admin_menu', __NAMESPACE__ . '\\add_settings_page');
add_action('wp_footer', __NAMESPACE__ . '\\footer', 1); // before the scripts of the footer are printed
add_shortcode('call_me_back', __NAMESPACE__ . '\\shortcode');
