"""Paths of sign-in; the names that begin with `account_` are those allauth asks for."""

from allauth.mfa.recovery_codes.views import generate_recovery_codes
from allauth.mfa.totp.views import activate_totp
from allauth.mfa.webauthn.views import add_webauthn
from django.urls import include, path

from accounts.launch.views import launch_refused
from accounts.signin.reauthentication import proved_to_enrol
from accounts.signin.reauthentication_views import prove
from accounts.signin.views import choose, enter_code, sign_in, sign_out, signed_out

urlpatterns = [
    path("launch-refused/<slug:code>/", launch_refused, name="launch_refused"),
    path("sign-in/", sign_in, name="account_login"),
    path("inactive/", launch_refused, {"code": "account_inactive"}, name="account_inactive"),
    path("code/", enter_code, name="account_enter_code"),
    path("choose/", choose, name="account_choose"),
    path("prove/", prove, name="account_reauthenticate"),
    # Before allauth's own list, whose same paths would open without a proof.
    path("second-factor/totp/activate/", proved_to_enrol(activate_totp)),
    path("second-factor/webauthn/add/", proved_to_enrol(add_webauthn)),
    path("second-factor/recovery-codes/generate/", proved_to_enrol(generate_recovery_codes)),
    path("second-factor/", include("allauth.mfa.urls")),
    path("sign-out/", sign_out, name="account_logout"),
    path("signed-out/", signed_out, name="account_signed_out"),
]
