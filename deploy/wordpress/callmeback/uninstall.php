<?php
/** Remove the settings when the plugin is deleted. */

if (!defined('WP_UNINSTALL_PLUGIN')) {
    exit;
}
delete_option('callmeback');
