<?php
/**
 * Runs the plugin with stand-ins for the few functions of WordPress that it uses.
 *
 * Reads a JSON object from the standard input: `do` names the test, the rest is what the test needs. Prints JSON.
 */

define('ABSPATH', '/');
$asked = json_decode(file_get_contents('php://stdin'), true);
$done = ['actions' => [], 'shortcodes' => [], 'scripts' => [], 'inline' => [], 'blocks' => []];

function get_option($name, $default) { global $asked; return $asked['option'] ?? $default; }
function esc_attr($text) { return htmlspecialchars($text, ENT_QUOTES); }
function esc_html($text) { return htmlspecialchars($text, ENT_QUOTES); }
function esc_url($text) { return htmlspecialchars($text, ENT_QUOTES); }
function esc_html__($text, $domain) { return esc_html($text); }
function __($text, $domain) { return $text; }
function add_action($name, $function, $place = 10) { global $done; $done['actions'][$name] = $function; }
function add_shortcode($name, $function) { global $done; $done['shortcodes'][$name] = $function; }
function register_block_type($folder, $options) { global $done; $done['blocks'][] = [$folder, $options['render_callback']]; }
function register_setting($group, $name, $options) { global $done; $done['clean'] = $options['sanitize_callback']; }
function wp_enqueue_script($name, $address, $needs, $version, $options) { global $done; $done['scripts'][] = [$address, $options]; }
function wp_add_inline_script($name, $script, $place) { global $done; $done['inline'][] = [$script, $place]; }
function wp_json_encode($value, $flags) { return json_encode($value, $flags); }
function is_user_logged_in() { global $asked; return isset($asked['user']); }
function wp_get_current_user() { global $asked; return (object) $asked['user']; }
function get_user_meta($id, $name, $single) { global $asked; return $asked['user'][$name] ?? ''; }
function apply_filters($name, $value, $more) { global $asked; return array_key_exists('filtered', $asked) ? $asked['filtered'] : $value; }
function checked($value, $current, $echo) { return $value === $current ? ' checked' : ''; }
function settings_fields($group) { echo '<input type="hidden" name="nonce">'; }
function submit_button() { echo '<button>Save</button>'; }

if (isset($asked['secret'])) {
    define('CALLMEBACK_IDENTITY_SECRET', $asked['secret']);
}
require $argv[1] . '/callmeback.php';

ob_start();
$result = null;
switch ($asked['do']) {
    case 'clean':
        $result = CallMeBack\clean_settings($asked['typed']);
        break;
    case 'shortcode':
        $result = ($done['shortcodes']['call_me_back'])($asked['attributes']);
        break;
    case 'block':
        ($done['actions']['init'])();
        $result = ($done['blocks'][0][1])($asked['attributes']);
        break;
    case 'twice':
        $result = CallMeBack\element([]) . CallMeBack\element([]);
        break;
    case 'footer':
        ($done['actions']['wp_footer'])();
        break;
    case 'identity':
        $result = CallMeBack\identity($asked['widget'], $asked['now']);
        break;
    case 'settings page':
        CallMeBack\settings_page();
        break;
    case 'init':
        ($done['actions']['init'])();
        break;
}
echo json_encode(['result' => $result, 'printed' => ob_get_clean(), 'done' => $done]);
