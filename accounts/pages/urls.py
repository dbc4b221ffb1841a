"""Paths of a member's own pages; whoever includes them says when copies were delivered."""

from django.urls import path

from accounts.pages import link, own_data, preferences

urlpatterns = [
    path("", link.link, name="link"),
    path("remove/", link.remove, name="link_remove"),
    path("again/", link.again, name="link_again"),
    path("pause/", preferences.pause, name="link_pause"),
    path("resume/", preferences.resume, name="link_resume"),
    path("export/", own_data.export, name="link_export"),
    path("erase/", own_data.erase, name="link_erase"),
    path("copies/", preferences.copies, name="link_copies"),
]
